# NOTIFY's pushes between commands and in IDLE under COMPRESS (RFC 4978): a session that parks and wakes goes on with the same stream.
@ rev rev2
@ mailbox a 2
@ mailbox b
a C: COMPRESS DEFLATE
a S: OK
a COMPRESS
a C: SELECT a
a S: ...
a S: OK
a C: NOTIFY SET STATUS (selected (MessageNew (UID) MessageExpunge FlagChange)) (personal (MessageNew MessageExpunge MailboxName))
a S: ...
a S: * STATUS b (MESSAGES 0 UIDNEXT 1 UIDVALIDITY $nz)
a S: OK
b C: APPEND b $lit+"x"
b S: OK
a S: * STATUS b (MESSAGES 1 UIDNEXT 2)
b C: APPEND a $lit+"x"
b S: OK
a S: * 3 EXISTS
a S: ...
a S: * 3 FETCH (UID 3)
b C: SELECT a
b S: ...
b S: OK
b C: STORE 1 +FLAGS.SILENT (\Deleted)
b S: OK
a S: * 1 FETCH $any
b C: EXPUNGE
b S: ...
b S: OK
a S: * 1 EXPUNGE
a C: IDLE
a S: + $any
b C: CREATE c
b S: ...
b S: OK
a S: * LIST $any c
a C= DONE
a S: OK
b C: APPEND c $lit+"x"
b S: OK
a S: * STATUS c (MESSAGES 1 UIDNEXT 2)
a NONE

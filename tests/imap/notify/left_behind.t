# What was held back of the selected mailbox is told as STATUS once it is left and watched among the others (RFC 5465 sections 5.2, 5.3 and 6.1.2); what was told is not told again, nor what this session removes by CLOSE.
@ rev rev2
@ mailbox a 3
@ mailbox b 1
a C: SELECT a
a S: ...
a S: OK
a C: NOTIFY SET (selected-delayed (MessageNew MessageExpunge)) (personal (MessageNew MessageExpunge))
a S: OK
b C: SELECT a
b S: ...
b S: OK
b C: STORE 2 +FLAGS.SILENT (\Deleted)
b S: OK
b C: EXPUNGE
b S: ...
b S: OK
a C: SELECT b
a S: * STATUS a (MESSAGES 2 UIDNEXT 4)
a S: * OK [CLOSED] $any
a S: ...
a S: OK
a C: NOTIFY SET (personal (MessageNew MessageExpunge FlagChange))
a S: OK
b C: SELECT b
b S: ...
b S: OK
b C: STORE 1 +FLAGS.SILENT (\Seen)
b S: OK
a C: UNSELECT
a S: * STATUS b (UIDVALIDITY $nz UNSEEN 0)
a S: OK
a C: SELECT b
a S: ...
a S: OK
b C: APPEND b $lit+"x"
b S: ...
b S: OK
a C: NOOP
a S: OK
a C: STORE 1 +FLAGS.SILENT (\Deleted)
a S: ...
a S: OK
a C: CLOSE
a S: OK
a C: NOOP
a S: OK
a NONE

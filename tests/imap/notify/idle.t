# IDLE brings exactly what NOTIFY asked for, of other mailboxes too (RFC 5465 section 4).
@ mailbox a 2
a C: SELECT a
a S: ...
a S: OK
a C: NOTIFY SET (selected (MessageNew MessageExpunge)) (mailboxes INBOX (MessageNew MessageExpunge)) (personal (MailboxName))
a S: OK
a C: IDLE
a S: + $any
b C: APPEND INBOX $lit+"x"
b S: OK
a S: * STATUS INBOX (MESSAGES 1 UIDNEXT 2)
b C: CREATE new
b S: OK
a S: * LIST (\HasNoChildren) "/" new
b C: SELECT a
b S: ...
b S: OK
b C: STORE 1 +FLAGS.SILENT (\Deleted)
b S: OK
b C: EXPUNGE
b S: ...
b S: OK
a S: * 1 EXPUNGE
a C= DONE
a S: ...
a S: OK

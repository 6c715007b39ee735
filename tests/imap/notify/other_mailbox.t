# New and expunged messages in other mailboxes: STATUS, without a command (RFC 5465 sections 3.1, 5.2 and 5.3).
@ mailbox a 2
a C: NOTIFY SET (mailboxes a (MessageNew MessageExpunge))
a S: OK
b C: APPEND a $lit+"x"
b S: OK
a S: * STATUS a (MESSAGES 3 UIDNEXT 4)
b C: SELECT a
b S: ...
b S: OK
b C: STORE 1 +FLAGS.SILENT (\Deleted)
b S: OK
b C: EXPUNGE
b S: ...
b S: OK
a S: * STATUS a (MESSAGES 2 UIDNEXT 4)
b C: APPEND INBOX $lit+"x"
b S: OK
a NONE

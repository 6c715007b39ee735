# CLOSE removes what is \Deleted without a word, UNSELECT removes nothing (RFC 9051 sections 6.4.1 and 6.4.2).
@ mailbox INBOX 3

C: SELECT INBOX
S: ...
S: OK
C: STORE 1 +FLAGS.SILENT (\Deleted)
S: OK
C: UNSELECT
S: OK
C: SELECT INBOX
S: ...
S: * 3 EXISTS
S: ...
S: OK
C: CLOSE
S: OK
C: FETCH 1 FLAGS
S: BAD
C: STATUS INBOX (MESSAGES)
S: * STATUS INBOX (MESSAGES 2)
S: OK

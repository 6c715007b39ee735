# EXPUNGE removes what is \Deleted and tells each number as it is at that moment (RFC 9051 sections 6.4.3 and 7.5.1).
@ mailbox INBOX 5

C: SELECT INBOX
S: ...
S: OK
C: STORE 2,3,5 +FLAGS.SILENT (\Deleted)
S: OK
C: EXPUNGE
S: * 5 EXPUNGE
S: * 3 EXPUNGE
S: * 2 EXPUNGE
[rev1] S: * 2 RECENT
S: OK
C: FETCH 1:* BODY.PEEK[HEADER.FIELDS (SUBJECT)]
S: * 1 FETCH (BODY[HEADER.FIELDS (SUBJECT)] $str"Subject: Message 1\r\n\r\n")
S: * 2 FETCH (BODY[HEADER.FIELDS (SUBJECT)] $str"Subject: Message 4\r\n\r\n")
S: OK
C: EXPUNGE
S: OK
C: STATUS INBOX (MESSAGES)
S: * STATUS INBOX (MESSAGES 2)
S: OK

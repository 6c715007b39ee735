# Two sessions expunge; each is told numbers as it knows them (RFC 9051 section 7.5.1).
@ mailbox INBOX 6

a C: SELECT INBOX
a S: ...
a S: OK
b C: SELECT INBOX
b S: ...
b S: OK
a C: STORE 1 +FLAGS.SILENT (\Deleted)
a S: OK
a C: EXPUNGE
a S: * 1 EXPUNGE
[rev1] a S: ...
a S: OK
b C: STORE 6 +FLAGS.SILENT (\Deleted)
b S! * 1 EXPUNGE
b S: OK
b C: EXPUNGE
b S: * {{[16]}} EXPUNGE
b S: * {{[15]}} EXPUNGE
b S: OK
a C: NOOP
a S: * 5 EXPUNGE
[rev1] a S: ...
a S: OK
a C: FETCH 1:* BODY.PEEK[HEADER.FIELDS (SUBJECT)]
a S: * 1 FETCH (BODY[HEADER.FIELDS (SUBJECT)] $str"Subject: Message 2\r\n\r\n")
a S: * 2 FETCH (BODY[HEADER.FIELDS (SUBJECT)] $str"Subject: Message 3\r\n\r\n")
a S: * 3 FETCH (BODY[HEADER.FIELDS (SUBJECT)] $str"Subject: Message 4\r\n\r\n")
a S: * 4 FETCH (BODY[HEADER.FIELDS (SUBJECT)] $str"Subject: Message 5\r\n\r\n")
a S: OK

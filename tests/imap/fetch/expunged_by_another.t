# Messages that another session expunged: the rest is answered, then NO [EXPUNGEISSUED]; no EXPUNGE during FETCH; numbers stay until then
# (RFC 2180 section 4.1.2, RFC 9051 section 7.5.1).
@ mailbox INBOX 4

a C: SELECT INBOX
a S: ...
a S: OK
b C: SELECT INBOX
b S: ...
b S: OK
b C: STORE 2 +FLAGS.SILENT (\Deleted)
b S: OK
b C: EXPUNGE
b S: * 2 EXPUNGE
b S: OK
a C: FETCH 1:4 BODY.PEEK[HEADER.FIELDS (SUBJECT)]
a S! * 2 EXPUNGE
a S: * 1 FETCH (BODY[HEADER.FIELDS (SUBJECT)] $str"Subject: Message 1\r\n\r\n")
a S: * 3 FETCH (BODY[HEADER.FIELDS (SUBJECT)] $str"Subject: Message 3\r\n\r\n")
a S: * 4 FETCH (BODY[HEADER.FIELDS (SUBJECT)] $str"Subject: Message 4\r\n\r\n")
a S: NO [EXPUNGEISSUED]
a C: FETCH 4 BODY.PEEK[HEADER.FIELDS (SUBJECT)]
a S! * 2 EXPUNGE
a S: * 4 FETCH (BODY[HEADER.FIELDS (SUBJECT)] $str"Subject: Message 4\r\n\r\n")
a S: OK
a C: NOOP
a S: * 2 EXPUNGE
[rev1] a S: * 3 RECENT
a S: OK
a C: FETCH 3 BODY.PEEK[HEADER.FIELDS (SUBJECT)]
a S: * 3 FETCH (BODY[HEADER.FIELDS (SUBJECT)] $str"Subject: Message 4\r\n\r\n")
a S: OK

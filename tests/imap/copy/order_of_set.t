# The i-th source UID became the i-th destination UID, however the set was written (RFC 4315 section 3).
@ mailbox INBOX 4
@ mailbox Other

C: SELECT INBOX
S: ...
S: OK
C: COPY 4,1,3 Other
S: OK [COPYUID $nz 1,3:4 1:3]
C: SELECT Other
S: ...
S: OK
C: FETCH 1:3 BODY.PEEK[HEADER.FIELDS (SUBJECT)]
S: * 1 FETCH (BODY[HEADER.FIELDS (SUBJECT)] $str"Subject: Message 1\r\n\r\n")
S: * 2 FETCH (BODY[HEADER.FIELDS (SUBJECT)] $str"Subject: Message 3\r\n\r\n")
S: * 3 FETCH (BODY[HEADER.FIELDS (SUBJECT)] $str"Subject: Message 4\r\n\r\n")
S: OK

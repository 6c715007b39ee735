# COPY into the selected mailbox appends there and is told by EXISTS (RFC 9051 section 6.4.7).
@ mailbox INBOX 2

C: SELECT INBOX
S: ...
S: OK
C: COPY 1 INBOX
S: * 3 EXISTS
[rev1] S: ...
S: OK [COPYUID $nz 1 3]
C: FETCH 3 BODY.PEEK[HEADER.FIELDS (SUBJECT)]
S: * 3 FETCH (BODY[HEADER.FIELDS (SUBJECT)] $str"Subject: Message 1\r\n\r\n")
S: OK

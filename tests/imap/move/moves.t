# MOVE: COPYUID in an untagged OK, then EXPUNGE, then OK (RFC 9051 section 6.4.8, RFC 6851 section 3.3).
@ mailbox INBOX 4
@ mailbox Other

C: SELECT INBOX
S: ...
S: OK
C: MOVE 2:3 Other
S: * OK [COPYUID $nz 2:3 1:2]
S: * 3 EXPUNGE
S: * 2 EXPUNGE
[rev1] S: * 2 RECENT
S: OK
C: UID MOVE 4 Other
S: * OK [COPYUID $nz 4 3]
S: * 2 EXPUNGE
[rev1] S: * 1 RECENT
S: OK
C: UID MOVE 4 Other
S: OK
C: SELECT Other
S: ...
S: * 3 EXISTS
S: ...
S: OK
C: FETCH 1:3 BODY.PEEK[HEADER.FIELDS (SUBJECT)]
S: * 1 FETCH (BODY[HEADER.FIELDS (SUBJECT)] $str"Subject: Message 2\r\n\r\n")
S: * 2 FETCH (BODY[HEADER.FIELDS (SUBJECT)] $str"Subject: Message 3\r\n\r\n")
S: * 3 FETCH (BODY[HEADER.FIELDS (SUBJECT)] $str"Subject: Message 4\r\n\r\n")
S: OK

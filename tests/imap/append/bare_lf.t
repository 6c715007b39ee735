# A lone LF becomes CRLF, and size and octets agree (design.md section 5).
@ mailbox INBOX

C: APPEND INBOX $lit"Subject: lf\n\none\ntwo\r\nthree"
S: OK [APPENDUID $nz 1]
C: EXAMINE INBOX
S: ...
S: OK
C: FETCH 1 (RFC822.SIZE BODY.PEEK[])
S: * 1 FETCH (RFC822.SIZE 30 BODY[] $str"Subject: lf\r\n\r\none\r\ntwo\r\nthree")
S: OK

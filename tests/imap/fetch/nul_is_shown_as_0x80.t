# NUL never stands in BODY[]: it is shown as 0x80 of the same length; BINARY has it in a literal8 (RFC 9051 sections 4.3 and 4.3.1).
@ mailbox INBOX nul_bytes.eml

C: EXAMINE INBOX
S: ...
S: OK
C: FETCH 1 BODY[TEXT]
S: * 1 FETCH (BODY[TEXT] $str"before \x80 after\r\n\x80\r\n")
S: OK
C: FETCH 1 BODY[HEADER.FIELDS (Subject)]
S: * 1 FETCH (BODY[HEADER.FIELDS (Subject)] $str"Subject: with \x80 inside\r\n\r\n")
S: OK
C: FETCH 1 BINARY[1]
S: * 1 FETCH (BINARY[1] $lit8"before \0 after\r\n\0\r\n")
S: OK
C: FETCH 1 BINARY[1]<0.6>
S: * 1 FETCH (BINARY[1]<0> $str"before")
S: OK

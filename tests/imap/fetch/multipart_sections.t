# Parts of a multipart, as they lie in the message and with their MIME headers (RFC 9051 section 6.4.5.1).
@ mailbox INBOX attachments.eml

C: SELECT INBOX
S: ...
S: OK
C: FETCH 1 BODY.PEEK[1]
S: * 1 FETCH (BODY[1] $str"Both attached.\r\n")
S: OK
C: FETCH 1 BODY.PEEK[2]
S: * 1 FETCH (BODY[2] $str"dGltZSx0b3BpYwoxMDowMCxidWRnZXQKMTE6MDAsbHVuY2gK")
S: OK
C: FETCH 1 BODY.PEEK[1.MIME]
S: * 1 FETCH (BODY[1.MIME] $str"Content-Type: text/plain; charset=utf-8\r\n\r\n")
S: OK
C: FETCH 1 BODY.PEEK[3.MIME]<0.13>
S: * 1 FETCH (BODY[3.MIME]<0> $str"Content-Type:")
S: OK
C: FETCH 1 (BODY.PEEK[4] BODY.PEEK[1.1] BODY.PEEK[2.MIME]<0.1>)
S: * 1 FETCH (BODY[4] NIL BODY[1.1] NIL BODY[2.MIME]<0> $str"C")
S: OK

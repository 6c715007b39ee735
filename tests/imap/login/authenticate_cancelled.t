# "*" ends AUTHENTICATE with BAD (RFC 9051 section 6.2.2).
@ rev rev1
CONNECT tls
S: * OK $any
C: AUTHENTICATE PLAIN
S: + $any
C= *
S: BAD
C: AUTHENTICATE PLAIN
S: + $any
C= not base64!
S: BAD
C: AUTHENTICATE X-UNKNOWN
S: NO
C: NOOP
S: OK

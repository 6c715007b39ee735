# PLAIN needs a response: an empty one ends the exchange, it is not asked for again (RFC 4616 section 2, RFC 9051 section 6.2.2).
@ rev rev1
CONNECT tls
S: * OK $any
C: AUTHENTICATE PLAIN =
S: BAD
C: AUTHENTICATE PLAIN
S: + $any
C= 
S: BAD
C: NOOP
S: OK

# BYE comes before the tagged OK, then the connection closes (RFC 9051 section 6.1.3).
C: LOGOUT
S: * BYE $text
S: OK
CLOSED

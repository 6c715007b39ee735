# LANG: the listing, the choice, what is not there (RFC 6856 section 3).
CONNECT
S: +OK
C: LANG
S: +OK
S: en English
S: .
C: LANG *
S: +OK en $text
C: LANG EN
S: +OK en $text
C: LANG en-GB
S: +OK en $text
C: LANG fr
S: -ERR
C: QUIT
S: +OK
CLOSED

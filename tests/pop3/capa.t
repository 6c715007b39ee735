# CAPA in both states says what is there (RFC 2449 section 5, RFC 6856, RFC 3206); texts carry no APOP timestamp (RFC 1939 section 7).
CONNECT
S: +OK Starling ready
C: CAPA
S: +OK
S: SASL {{[A-Z0-9 -]*PLAIN[A-Z0-9 -]*}}
S: USER
S: STLS
S: TOP
S: UIDL
S: PIPELINING
S: RESP-CODES
S: AUTH-RESP-CODE
S: EXPIRE NEVER
S: LOGIN-DELAY 0
S: UTF8 USER
S: LANG
S: IMPLEMENTATION Starling-{{[0-9.]+}}
S: .
C: USER ${user}
S: +OK
C: PASS ${password}
S: +OK 0 messages (0 octets)
C: CAPA
S: +OK
S: SASL $any
S: USER
S: TOP
S: ...
S: .
C: APOP x y
S: -ERR
C: STLS
S: -ERR
C: UTF8
S: -ERR
C: CAPA x
S: -ERR

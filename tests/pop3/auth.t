# AUTH: the empty challenge, a cancelled exchange, no base64, no such mechanism; without arguments the list (RFC 5034 section 4).
CONNECT
S: +OK
C: AUTH
S: +OK
S: ...
S: PLAIN
S: ...
S: .
C: AUTH PLAIN
S: +{{ }}
C: *
S: -ERR
C: AUTH PLAIN
S: +{{ }}
C: =AAA
S: -ERR
C: AUTH PLAIN AAA=BBB
S: -ERR
C: AUTH X-NONE
S: -ERR
C: AUTH PLAIN AHgAeA==
S: -ERR [AUTH]
C: AUTH LOGIN
S: + VXNlciBOYW1l{{.*}}
C: *
S: -ERR
C: QUIT
S: +OK

# TLS from the first octet (RFC 8314 section 3.3): no STLS there.
CONNECT tls
S: +OK
C: STLS
S: -ERR
C: USER ${user}
S: +OK
C: PASS ${password}
S: +OK

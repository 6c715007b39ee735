# STLS, and what was sent in the clear behind it is thrown away (RFC 2595 section 4).
CONNECT
S: +OK
C= STLS\r\nQUIT
S: +OK
STARTTLS
C: CAPA
S: +OK
S: SASL {{.*SCRAM-SHA-256-PLUS.*}}
S: USER
S: TOP
S: ...
S: .
C: USER ${user}
S: +OK
C: PASS ${password}
S: +OK
C: QUIT
S: +OK

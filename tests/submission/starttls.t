# STARTTLS; what came before it is forgotten, what was sent in the clear behind it thrown away (RFC 3207 section 4.2); implicit TLS (RFC 8314).
CONNECT
S: 220
C: EHLO x
S: ...
S: 250 SIZE $any
C= STARTTLS\r\nQUIT
S: 220 2.0.0
STARTTLS
C: AUTH PLAIN ${plain}
S: 503 5.5.1
C: EHLO x
S: ...
S: 250-AUTH SCRAM-SHA-256-PLUS $any
S: ...
S: 250 SIZE $any
C: AUTH PLAIN ${plain}
S: 235
C: STARTTLS
S: 502 5.5.1
C: MAIL FROM:<${user}@example.org>
S: 250
c CONNECT
c S: 220
c C: EHLO x
c S: ...
c S: 250 SIZE $any
c C: AUTH PLAIN ${plain}
c S: 235
c C: STARTTLS
c S: 220
c STARTTLS
c C: EHLO x
c S: ...
c S: 250 SIZE $any
c C: MAIL FROM:<${user}@example.org>
c S: 530 5.7.0
c C: AUTH PLAIN ${plain}
c S: 235
b CONNECT tls
b S: 220
b C: EHLO x
b S: ...
b S: 250 SIZE $any
b C: AUTH PLAIN ${plain}
b S: 235

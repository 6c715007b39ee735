# STARTTLS; what came before it is forgotten, what was sent in the clear behind it thrown away (RFC 3207 section 4.2).
C: MAIL FROM:<a@example.org>
S: 250
C= STARTTLS\r\nQUIT
S: 220 2.0.0
STARTTLS
C: MAIL FROM:<a@example.org>
S: 503 5.5.1
C: LHLO x
S: ...
S: 250 SIZE $any
C: MAIL FROM:<a@example.org>
S: 250
C: STARTTLS
S: 502 5.5.1

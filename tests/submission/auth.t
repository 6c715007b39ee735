# Logging in (RFC 4954 section 4): before EHLO, twice, within a transaction, with nonsense, given up, wrong; no mail without it (section 6).
CONNECT
S: 220
C: AUTH PLAIN ${plain}
S: 503 5.5.1
C: EHLO client.example.org
S: ...
S: 250 SIZE $any
C: MAIL FROM:<${user}@example.org>
S: 530 5.7.0
C: RCPT TO:<${user}@example.org>
S: 503 5.5.1
C: AUTH
S: 501 5.5.4
C: AUTH NONE
S: 504 5.5.4
C: AUTH PLAIN !!!
S: 501 5.5.2
C: AUTH PLAIN =AAA
S: 501 5.5.2
C: AUTH PLAIN
S: 334 $text
C: *
S: 501 5.7.0
C: AUTH PLAIN AHgAeQ==
S: 535 5.7.8
C: AUTH PLAIN
S: 334 $text
C: ${plain}
S: 235 2.7.0
C: AUTH PLAIN ${plain}
S: 503 5.5.1
C: MAIL FROM:<${user}@example.org>
S: 250 2.1.0
C: AUTH PLAIN ${plain}
S: 503 5.5.1

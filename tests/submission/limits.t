# Too big by its word; unknown parameters; BINARYMIME, which is not offered; AUTH= (RFC 4954 section 5); addresses that need SMTPUTF8.
C: MAIL FROM:<${user}@example.org> SIZE=999999999999
S: 552 5.3.4
C: MAIL FROM:<${user}@example.org> FOO=1
S: 555 5.5.4
C: MAIL FROM:<${user}@example.org> BODY=BINARYMIME
S: 501 5.5.4
C: MAIL FROM:<ü@example.org>
S: 553 5.6.7
C: MAIL FROM:<${user}@example.org> AUTH==
S: 501 5.5.4
C: MAIL FROM:<${user}@example.org> AUTH=<> BODY=8BITMIME SMTPUTF8
S: 250
C: RCPT TO:<ü@example.org>
S: 550 5.1.1
C: RCPT TO:<>
S: 501
C: RCPT TO:<${user}@example.org> FOO=1
S: 555 5.5.4
C: DATA
S: 503 5.5.1

# Parameters: sizes, bodies, DSN accepted, unknown ones refused; addresses that need SMTPUTF8 (RFC 5321 section 4.1.1.11, 3461, 6531).
C: MAIL FROM:<a@example.org> SIZE=999999999999
S: 552 5.3.4
C: MAIL FROM:<a@example.org> BODY=NONE
S: 501 5.5.4
C: MAIL FROM:<a@example.org> RET=HDRS ENVID=x+20y
S: 250
C: MAIL FROM:<b@example.org>
S: 503 5.5.1
C: RCPT TO:<${user}> NOTIFY=NEVER
S: 250
C: RCPT TO:<${user}> NOTIFY=SOMETIMES
S: 501 5.5.4
C: RCPT TO:<${user}> FOO=1
S: 555 5.5.4
C: RCPT TO:<>
S: 501
C: RCPT TO:<ü@example.org>
S: 553 5.6.7
C: RSET
S: 250
C: MAIL FROM:<ü@example.org>
S: 553 5.6.7
C: MAIL FROM:<ü@example.org> SMTPUTF8
S: 250
C: RCPT TO:<ü@example.org>
S: 550 5.1.1
C: RCPT TO:<@relay.example,@b.example:${user}@example.org>
S: 250
C: RCPT TO:<"${user}"@example.org>
S: 250
C: RCPT TO:<no angle
S: 501
C= RCPT TO:<a\rb>
S: 501

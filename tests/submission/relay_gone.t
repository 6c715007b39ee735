# A relay that cannot be reached, cuts the connection or says nonsense: 451 each time, and the session lives on.
@ relay
C: MAIL FROM:<${user}@example.org>
S: 250
C: RCPT TO:<b@example.net>
relay CONNECT
relay CLOSE
S: 451 4.4.2
C: RCPT TO:<b@example.net>
S: 451 4.4.2
C: RSET
S: 250
C: MAIL FROM:<${user}@example.org>
S: 250
C: RCPT TO:<b@example.net>
relay S: MAIL $any
relay CLOSE
S: 451 4.4.2
C: RSET
S: 250
C: MAIL FROM:<${user}@example.org>
S: 250
C: RCPT TO:<b@example.net>
relay S: MAIL $any
relay C: hello
S: 451 4.4.2
relay S: RCPT $any
relay CLOSED
C: RSET
S: 250
C: MAIL FROM:<${user}@example.org>
S: 250
C: RCPT TO:<b@example.net>
relay S: MAIL $any
relay C: 250
relay S: RCPT $any
relay C: 250
S: 250
C: DATA
relay S: DATA
relay C: 354
S: 354
relay CLOSE
C: <<
> x: y
S: 451 4.4.2
C: MAIL FROM:<${user}@example.org>
S: 250
C: RCPT TO:<b@example.net>
relay S: MAIL $any
relay C: 250
relay S: RCPT $any
relay C: 250
S: 250
C: DATA
relay S: DATA
relay C: 354
S: 354
C: <<
> x: y
relay S: ...
relay S: .
relay CLOSE
S: 451 4.4.2
C: MAIL FROM:<${user}@example.org>
S: 250
C: RCPT TO:<b@example.net>
relay CONNECT
relay C: 554 not today
S: 451 4.4.2 the relay cannot take it now: it greets with: 554 not today
C: NOOP
S: 250

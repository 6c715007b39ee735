# A relay that says nothing: 451 after relay.timeout, for a greeting and for an answer. Long enough for a busy machine to answer EHLO in between.
@ relay timeout = "5s";
C: MAIL FROM:<${user}@example.org>
S: 250
C: RCPT TO:<b@example.net>
relay CONNECT
S: 451 4.4.2 the relay cannot take it now: it does not answer
relay CLOSED
C: RSET
S: 250
C: MAIL FROM:<${user}@example.org>
S: 250
C: RCPT TO:<b@example.net>
relay S: MAIL $any
S: 451 4.4.2 the relay cannot take it now: it does not answer
C: NOOP
S: 250

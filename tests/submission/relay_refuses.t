# The relay refuses the sender, DATA, the message: nobody gets it, nobody here either, and the client hears the relay's words.
@ relay
C: MAIL FROM:<${user}@example.org>
S: 250
C: RCPT TO:<b@example.net>
relay S: MAIL $any
relay S: RCPT $any
relay C: 550 5.7.1 not you
relay C: 503 5.5.1 no sender
S: 550 5.7.1 not you
C: RCPT TO:<c@example.net>
relay S: RCPT $any
relay C: 503 5.5.1 no sender
S: 550 5.7.1 not you
C: RSET
S: 250
relay S: RSET
relay C: 250
C: MAIL FROM:<${user}@example.org>
S: 250
C: RCPT TO:<b@example.net>
relay S: MAIL $any
relay C: 250
relay S: RCPT $any
relay C: 250
S: 250
C: RCPT TO:<${user}@example.org>
S: 250
C: DATA
relay S: DATA
relay C: 452 4.3.1 full
S: 452 4.3.1 full
relay S: QUIT
relay CLOSED
C: MAIL FROM:<${user}@example.org>
S: 250
C: RCPT TO:<${user}@example.org>
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
relay C: 554 5.7.1 spam
S: 554 5.7.1 spam
imap C: STATUS INBOX (MESSAGES)
imap S: * STATUS INBOX (MESSAGES 0)
imap S: OK
C: MAIL FROM:<${user}@example.org>
S: 250
C: RCPT TO:<b@example.net>
relay S: MAIL $any
relay C: 250
relay S: RCPT $any
relay C: 421 4.7.0 too many
S: 451 4.4.2 the relay cannot take it now: too many
relay CLOSED
C: NOOP
S: 250

# The reserved mailbox is known without a domain (RFC 5321 section 4.5.1): where no user is called so, it is the relay's to know; others are not.
@ relay
C: MAIL FROM:<${user}@example.org>
S: 250
C: RCPT TO:<Postmaster>
relay S: MAIL $any
relay C: 250
relay S: RCPT TO:<postmaster@example.org>
relay C: 250
S: 250
C: RCPT TO:<nobody>
S: 550 5.1.1

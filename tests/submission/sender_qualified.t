# A sender without a domain has ours: no other host could answer it (RFC 6409 section 4.2).
@ relay
C: MAIL FROM:<${user}>
S: 250 2.1.0
C: RCPT TO:<b@example.net>
relay S: MAIL FROM:<${user}@example.org> BODY=8BITMIME
relay C: 250
relay S: RCPT TO:<b@example.net>
relay C: 250
S: 250 2.1.5

# The sender is the user (RFC 6409 section 6.1): the log-in name, with detail, in any case; or nobody, for notifications (section 3.2).
@ users 2
C: MAIL FROM:<${user}@example.org>
S: 250 2.1.0
C: RSET
S: 250
C: MAIL FROM:<${user}+list@Example.ORG>
S: 250 2.1.0
C: RSET
S: 250
C: MAIL FROM:<${user}>
S: 250 2.1.0
C: RSET
S: 250
C: MAIL FROM:<>
S: 250 2.1.0
C: RSET
S: 250
C: MAIL FROM:<${user2}@example.org>
S: 550 5.7.1
C: MAIL FROM:<${user}@example.net>
S: 550 5.7.1
C: MAIL FROM:<somebody@example.org>
S: 550 5.7.1
C: RCPT TO:<${user}@example.org>
S: 503 5.5.1

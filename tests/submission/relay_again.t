# A second message on the same connection to the relay; a transaction that is given up is told there.
@ relay
C: MAIL FROM:<${user}@example.org>
S: 250
C: RCPT TO:<b@example.net>
relay S: MAIL $any
relay C: 250
relay S: RCPT $any
relay C: 250
S: 250
C: RSET
S: 250
relay S: RSET
relay C: 250
C: MAIL FROM:<>
S: 250
C: RCPT TO:<c@example.net>
relay S: MAIL FROM:<> BODY=8BITMIME
relay C: 250
relay S: RCPT TO:<c@example.net>
relay C: 250
S: 250
C: BDAT 6
C= x: y\r\n\c
relay S: DATA
relay C: 354
S: 250
C: BDAT 4 LAST
C= \r\n..\c
relay S: ...
relay S: x: y
relay S:
relay S: ...
relay S: .
relay C: 250
S: 250
C: MAIL FROM:<${user}@example.org>
S: 250
C: RCPT TO:<b@example.net>
relay S: MAIL $any
relay C: 250
relay S: RCPT $any
relay C: 250
S: 250

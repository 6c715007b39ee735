# A client that sends all at once: the relay gets its part at once, too, and each answer comes in its turn (RFC 2920).
@ relay
C= MAIL FROM:<${user}@example.org>\r\nRCPT TO:<a@example.net>\r\nRCPT TO:<${user}@example.org>\r\nRCPT TO:<b@example.net>\r\nRCPT TO:<>\r\nDATA
S: 250 2.1.0
relay S: MAIL $any
relay S: RCPT TO:<a@example.net>
relay S: RCPT TO:<b@example.net>
relay C: 250
relay C: 550 5.1.1 no a
S: 550 5.1.1 no a
S: 250 2.1.5 recipient accepted
relay C: 250
S: 250 2.1.5 the relay takes it
S: 501
relay S: DATA
relay C: 354
S: 354
C: <<
> x: y
relay S: ...
relay S: .
relay C: 250
S: 250

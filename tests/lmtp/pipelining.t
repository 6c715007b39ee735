# A whole session sent at once (RFC 2920); two messages on one connection.
CONNECT
S: 220
C= LHLO x\r\nMAIL FROM:<a@example.org>\r\nRCPT TO:<nobody>\r\nRCPT TO:<${user}>\r\nDATA\r\nx: 1\r\n\r\n.\r\nMAIL FROM:<a@example.org>\r\nRCPT TO:<nobody>\r\nDATA\r\nRSET\r\nMAIL FROM:<a@example.org>\r\nRCPT TO:<${user}>\r\nBDAT 8\r\nx: 2\r\n\r\nBDAT 0 LAST\r\nQUIT
S: ...
S: 250 SIZE $any
S: 250 2.1.0
S: 550 5.1.1
S: 250 2.1.5
S: 354
S: 250 2.1.5
S: 250 2.1.0
S: 550 5.1.1
S: 503 5.5.1
S: 250 2.0.0
S: 250 2.1.0
S: 250 2.1.5
S: 250 2.0.0
S: 250 2.1.5
S: 221
CLOSED
imap C: STATUS INBOX (MESSAGES)
imap S: * STATUS INBOX (MESSAGES 2)
imap S: OK

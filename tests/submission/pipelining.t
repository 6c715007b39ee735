# A whole session sent at once (RFC 2920): each command has its answer, in order.
CONNECT
S: 220
C= EHLO x\r\nAUTH PLAIN ${plain}\r\nMAIL FROM:<${user}@example.org>\r\nRCPT TO:<nobody@example.org>\r\nRCPT TO:<${user}@example.org>\r\nDATA\r\nx: 1\r\n\r\n.\r\nMAIL FROM:<${user}@example.org>\r\nRCPT TO:<nobody@example.org>\r\nDATA\r\nBDAT 4 LAST\r\nQUITRSET\r\nMAIL FROM:<${user}@example.org>\r\nRCPT TO:<${user}@example.org>\r\nBDAT 8\r\nx: 2\r\n\r\nBDAT 0 LAST\r\nQUIT
S: ...
S: 250 SIZE $any
S: 235
S: 250 2.1.0
S: 550 5.1.1
S: 250 2.1.5
S: 354
S: 250 2.0.0
S: 250 2.1.0
S: 550 5.1.1
S: 503 5.5.1
S: 503 5.5.1
S: 250 2.0.0
S: 250 2.1.0
S: 250 2.1.5
S: 250 2.0.0
S: 250 2.0.0
S: 221
CLOSED

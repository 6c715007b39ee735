# Commands may be sent before their answers have come, LOGIN included (RFC 2449 section 6.6).
@ mailbox INBOX 2
CONNECT
S: +OK
C= USER ${user}\r\nPASS nope\r\nSTAT\r\nNOOP\r\nquit
S: +OK
S: -ERR [AUTH]
S: -ERR
S: -ERR
S: +OK
CLOSED
b C= STAT\r\nTOP 1 0\r\nDELE 1\r\nDELE 2\r\nRSET\r\nLIST\r\nQUIT\r\nSTAT
b S: +OK 2 $num
b S: +OK
b S: ...
b S: .
b S: +OK
b S: +OK
b S: +OK
b S: +OK
b S: 1 $num
b S: 2 $num
b S: .
b S: +OK
b CLOSED

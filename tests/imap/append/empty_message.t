# {0} is NO, and takes a MULTIAPPEND back as a whole (RFC 3502 section 6.3.11).
@ mailbox INBOX

C= t1 APPEND INBOX {0}
S: t1 NO $any
C= t2 APPEND INBOX {0+}\r\n
S: t2 NO $any
C= t3 APPEND INBOX {8+}\r\nA: b\r\n\r\n {0}
S: t3 NO $any
C= t4 APPEND INBOX {9+}\r\nA: b\r\n\r\nx {0+}\r\n
S: t4 NO $any
C: STATUS INBOX (MESSAGES)
S: * STATUS INBOX (MESSAGES 0)
S: OK

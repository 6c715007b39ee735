# When the second message is refused, the first one is not there (RFC 3502 section 6.3.11).
@ needs MULTIAPPEND
@ mailbox INBOX

C= t1 APPEND INBOX {8+}\r\nA: b\r\n\r\n {999999999999}
S: t1 NO [TOOBIG] $any
C= t2 APPEND INBOX {8+}\r\nA: b\r\n\r\n (\\Nonsense) {8+}\r\nA: b\r\n\r\n
S: t2 BAD $any
C= t3 APPEND INBOX {8+}\r\nA: b\r\n\r\n junk
S: t3 BAD $any
C= t4 APPEND INBOX {8+}\r\nA: b\r\n\r\n\x20
S: t4 BAD $any
C: STATUS INBOX (MESSAGES UIDNEXT)
S: * STATUS INBOX $items(MESSAGES 0, UIDNEXT $nz)
S: OK

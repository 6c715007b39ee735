# A non-synchronizing literal that is too big to be dropped ends the session with BYE (RFC 7888 section 4).
@ mailbox INBOX

C= t1 APPEND INBOX {999999999999+}
S: * BYE $any
CLOSED

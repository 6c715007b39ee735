# CAPABILITY has REPLACE (RFC 8508 section 3.1). The commands are of the selected state only (section 3.5).
@ mailbox INBOX 1
C: CAPABILITY
S: * CAPABILITY {{.* REPLACE( .*)?}}
S: OK
C= x REPLACE 1 INBOX {5}
S: x BAD $any
C= y UID REPLACE 1 INBOX {5}
S: y BAD $any
C: STATUS INBOX (MESSAGES)
S: * STATUS INBOX (MESSAGES 1)
S: OK

# Own changes are passed over, what another did before them in the same mailbox is told (RFC 5465 section 5).
@ mailbox a
a C: NOTIFY SET (mailboxes a (MessageNew MessageExpunge))
a S: OK
a C= x1 APPEND a {1}
a S: + $any
b C: APPEND a $lit+"x"
b S: OK
a C= y
a S: * STATUS a (MESSAGES 2 UIDNEXT 3)
a S: x1 OK
a NONE

# NOTIFY SET replaces what was asked for before (RFC 5465 section 3.1).
@ mailbox a
@ mailbox b
a C: NOTIFY SET (mailboxes a (MessageNew MessageExpunge))
a S: OK
a C: NOTIFY SET (mailboxes b (MessageNew MessageExpunge))
a S: OK
b C: APPEND a $lit+"x"
b S: OK
b C: APPEND b $lit+"x"
b S: OK
a S: * STATUS b (MESSAGES 1 UIDNEXT 2)
a NONE
a C: NOTIFY SET (mailboxes b (MessageNew))
a S: BAD
b C: APPEND b $lit+"x"
b S: OK
a S: * STATUS b (MESSAGES 2 UIDNEXT 3)

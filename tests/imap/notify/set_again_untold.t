# A new NOTIFY SET takes the place of the one before, and nothing that happened before it is lost between the two (RFC 5465 section 3.1).
a C: NOTIFY SET (personal (MessageNew MessageExpunge))
a S: OK
a C= x1 NOTIFY SET (mailboxes {5}
a S: + $any
b C: APPEND INBOX $lit+"x"
b S: OK
a C= INBOX (MessageNew MessageExpunge))
a S: * STATUS INBOX (MESSAGES 1 UIDNEXT 2)
a S: x1 OK $any

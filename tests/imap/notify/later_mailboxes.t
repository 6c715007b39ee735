# Mailboxes that come after NOTIFY SET are watched when they are in what was asked for; a renamed one under its new name (RFC 5465 sections 3.1, 6).
a C: NOTIFY SET (subtree a (MessageNew MessageExpunge)) (mailboxes x (MessageNew MessageExpunge))
a S: OK
b C: CREATE a/b
b S: OK
b C: APPEND a/b $lit+"x"
b S: OK
a S: * STATUS a/b (MESSAGES 1 UIDNEXT 2)
b C: CREATE x
b S: OK
b C: APPEND x $lit+"x"
b S: OK
a S: * STATUS x (MESSAGES 1 UIDNEXT 2)
b C: RENAME a/b y
b S: ...
b S: OK
b C: APPEND y $lit+"x"
b S: OK
b C: RENAME y a/z
b S: ...
b S: OK
b C: APPEND a/z $lit+"x"
b S: OK
a S: ...
a S: * STATUS a/z (MESSAGES 3 UIDNEXT 4)
b C: DELETE a/z
b S: OK
a NONE

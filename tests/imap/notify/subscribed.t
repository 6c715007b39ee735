# SUBSCRIBED: the mailboxes that are subscribed at the time (RFC 5465 section 6.4).
@ mailbox a
@ mailbox b
a C: SUBSCRIBE a
a S: OK
a C: NOTIFY SET (subscribed (MessageNew MessageExpunge SubscriptionChange))
a S: OK
b C: APPEND a $lit+"x"
b S: OK
a S: * STATUS a (MESSAGES 1 UIDNEXT 2)
b C: APPEND b $lit+"x"
b S: OK
a NONE
b C: SUBSCRIBE b
b S: OK
a S: * LIST $set(\HasNoChildren \Subscribed) "/" b
b C: APPEND b $lit+"x"
b S: OK
a S: * STATUS b (MESSAGES 2 UIDNEXT 3)
b C: UNSUBSCRIBE a
b S: OK
a S: * LIST (\HasNoChildren) "/" a
b C: APPEND a $lit+"x"
b S: OK
a NONE

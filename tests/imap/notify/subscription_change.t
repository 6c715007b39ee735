# SubscriptionChange: LIST with \Subscribed if and only if it is subscribed, all other attributes as they are (RFC 5465 section 5.5).
@ mailbox a/b
a C: NOTIFY SET (personal (SubscriptionChange))
a S: OK
b C: SUBSCRIBE a
b S: OK
a S: * LIST $set(\HasChildren \Subscribed) "/" a
b C: SUBSCRIBE a
b S: OK
b C: UNSUBSCRIBE a
b S: OK
a S: * LIST (\HasChildren) "/" a
b C: SUBSCRIBE none
b S: OK
a S: * LIST $set(\NonExistent \HasNoChildren \Subscribed) "/" none
b C: UNSUBSCRIBE none
b S: OK
a S: * LIST {{\(\\NonExistent.*\)}} "/" none
b C: UNSUBSCRIBE Sent
b S: OK
a S: * LIST $set(\HasNoChildren \Sent) "/" Sent

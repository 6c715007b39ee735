# A LIST response of MailboxName has \Subscribed where the name is subscribed (RFC 5465 section 5.4).
a C: NOTIFY SET (personal (MailboxName))
a S: OK
b C: SUBSCRIBE a
b S: OK
b C: CREATE a
b S: OK
a S: * LIST $set(\HasNoChildren \Subscribed) "/" a
b C: DELETE a
b S: OK
a S: * LIST $set(\NonExistent \HasNoChildren \Subscribed) "/" a

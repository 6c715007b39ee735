# With FlagChange, a new mailbox under a watched name is told with its UIDVALIDITY (RFC 5465 section 5.1).
@ mailbox a
a C: NOTIFY SET (mailboxes a (MessageNew MessageExpunge FlagChange))
a S: OK
b C: DELETE a
b S: OK
b C: CREATE a
b S: OK
a S: ...
a S: * STATUS a {{\(.*UIDVALIDITY [0-9]+.*\)}}

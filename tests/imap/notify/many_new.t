# Hundreds of messages at once: one EXISTS, and a FETCH of each (RFC 5465 section 5.2).
@ rev rev2
@ mailbox a 300
@ mailbox b
a C: SELECT b
a S: ...
a S: OK
a C: NOTIFY SET (selected (MessageNew (UID RFC822.SIZE BODY.PEEK[]) MessageExpunge))
a S: OK
b C: SELECT a
b S: ...
b S: OK
b C: COPY 1:300 b
b S: OK
a S: * 300 EXISTS
a S: * 1 FETCH (UID 1 $any)
a S: ...
a S: * 300 FETCH (UID 300 $any)
a NONE

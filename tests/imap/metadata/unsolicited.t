# After ENABLE METADATA, changes by others are told: the names, not the values, of removed entries too, at the end of commands and in IDLE (RFC 5464
# sections 4.1, 4.4 and 4.4.2). Own changes are not.
@ mailbox a
a C: ENABLE METADATA
a S: * ENABLED METADATA
a S: OK
b C: SETMETADATA a (/private/comment "x" /shared/comment "y")
b S: OK
a C: NOOP
a S: * METADATA a /private/comment /shared/comment
a S: OK
a C: SETMETADATA a (/private/comment "z")
a S: OK
a NONE
b C: SETMETADATA "" (/private/comment "x")
b S: OK
b C: SETMETADATA INBOX (/private/comment NIL)
b S: OK
a C: IDLE
a S: + $any
a S: * METADATA "" /private/comment
a S: * METADATA INBOX /private/comment
b C: SETMETADATA a (/private/comment NIL)
b S: OK
a S: * METADATA a /private/comment
a C= DONE
a S: OK

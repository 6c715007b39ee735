# Without ENABLE METADATA changes by others are not told (RFC 5464 section 4.1).
@ mailbox a
a OPEN ${user}
b C: SETMETADATA a (/private/comment "x")
b S: OK
a NONE

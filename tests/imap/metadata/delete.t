# Annotations go with the mailbox: a new one of the name has none, nor has one that a name kept for its children becomes (RFC 5464 section 4.1).
@ mailbox a
@ mailbox p/c
C: SETMETADATA a (/private/comment "x")
S: OK
C: SETMETADATA p (/private/comment "x")
S: OK
C: DELETE a
S: ...
S: OK
C: DELETE p
S: ...
S: OK
C: CREATE a
S: ...
S: OK
C: CREATE p
S: ...
S: OK
C: GETMETADATA a /private/comment
S: * METADATA a (/private/comment NIL)
S: OK
C: GETMETADATA p /private/comment
S: * METADATA p (/private/comment NIL)
S: OK

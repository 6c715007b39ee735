# Annotations follow a mailbox that is renamed, and those below it (RFC 5464 section 4.1).
@ mailbox a
@ mailbox a/b
C: SETMETADATA a (/private/comment "of a")
S: OK
C: SETMETADATA a/b (/private/comment "of b")
S: OK
C: RENAME a new
S: ...
S: OK
C: GETMETADATA new /private/comment
S: * METADATA new (/private/comment "of a")
S: OK
C: GETMETADATA new/b /private/comment
S: * METADATA new/b (/private/comment "of b")
S: OK
C: CREATE a
S: ...
S: OK
C: GETMETADATA a /private/comment
S: * METADATA a (/private/comment NIL)
S: OK

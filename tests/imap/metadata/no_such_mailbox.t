# Mailboxes that do not exist, names that are only subscribed or only a parent have no annotations: NO (RFC 5464 section 3.3).
C: CREATE a/b
S: OK
C: DELETE a
S: OK
C: GETMETADATA none /private/comment
S: NO [NONEXISTENT]
C: SETMETADATA none (/private/comment "x")
S: NO [NONEXISTENT]
C: GETMETADATA a /private/comment
S: NO [NONEXISTENT]
C: SETMETADATA a (/private/comment "x")
S: NO [NONEXISTENT]

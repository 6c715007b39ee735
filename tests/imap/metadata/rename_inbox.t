# RENAME of INBOX copies its annotations to the new mailbox; INBOX keeps them (RFC 5464 section 4.1).
C: SETMETADATA INBOX (/private/comment "x" /shared/comment "y")
S: OK
C: RENAME INBOX old
S: ...
S: OK
C: GETMETADATA INBOX (/private/comment /shared/comment)
S: * METADATA INBOX (/private/comment "x" /shared/comment "y")
S: OK
C: SETMETADATA INBOX (/private/comment NIL)
S: OK
C: GETMETADATA old (/private/comment /shared/comment)
S: * METADATA old (/private/comment "x" /shared/comment "y")
S: OK

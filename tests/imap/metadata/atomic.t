# When one entry cannot be set, none is (RFC 5464 section 4.3).
C: SETMETADATA INBOX (/private/comment "x" /private/specialuse "\\Nonsense")
S: NO [USEATTR]
C: SETMETADATA "" (/private/vendor/x/a "x" /shared/comment "y")
S: NO [NOPERM]
C: SETMETADATA "" (/private/vendor/x/a "x" /shared/admin "mailto:me@example.org")
S: NO [NOPERM]
C: GETMETADATA INBOX /private/comment
S: * METADATA INBOX (/private/comment NIL)
S: OK
C: GETMETADATA "" (/private/vendor/x/a)
S: * METADATA "" (/private/vendor/x/a NIL)
S: OK

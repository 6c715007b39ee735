# What is no GETMETADATA or SETMETADATA is BAD (RFC 5464 section 5).
C: GETMETADATA
S: BAD
C: GETMETADATA INBOX
S: BAD
C: GETMETADATA INBOX ()
S: BAD
C: GETMETADATA (DEPTH 2) INBOX /private/comment
S: BAD
C: GETMETADATA (MAXSIZE -1) INBOX /private/comment
S: BAD
C: GETMETADATA (WIDTH 1) INBOX /private/comment
S: BAD
C: GETMETADATA INBOX /private/comment /shared/comment
S: BAD
C: SETMETADATA INBOX ()
S: BAD
C: SETMETADATA INBOX /private/comment "x"
S: BAD
C: SETMETADATA INBOX (/private/comment)
S: BAD
C: SETMETADATA INBOX (/private/comment x)
S: BAD
C: SETMETADATA INBOX (/private/comment "x" /shared/comment)
S: BAD

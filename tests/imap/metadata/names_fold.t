# Entry names are case-insensitive, also as quoted strings (RFC 5464 sections 3.2 and 5).
C: SETMETADATA INBOX (/Private/COMMENT "x")
S: OK
C: GETMETADATA INBOX "/private/Comment"
S: * METADATA INBOX (/private/comment "x")
S: OK
C: SETMETADATA INBOX (/private/comment "y" /PRIVATE/comment "z")
S: OK
C: GETMETADATA INBOX (/private/comment /PRIVATE/COMMENT)
S: * METADATA INBOX (/private/comment "z")
S: OK

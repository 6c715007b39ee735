# SETMETADATA sets several entries, GETMETADATA gives their values (RFC 5464 sections 4.2, 4.3, 4.4.1); no METADATA response comes of setting.
C: SETMETADATA INBOX (/private/comment "My own comment" /shared/comment "Its sunny outside!")
S: OK
C: GETMETADATA INBOX /private/comment
S: * METADATA INBOX (/private/comment "My own comment")
S: OK
C: GETMETADATA "INBOX" (/shared/comment /private/comment)
S: * METADATA INBOX (/shared/comment "Its sunny outside!" /private/comment "My own comment")
S: OK
C: SETMETADATA INBOX (/private/comment "another")
S: OK
C: GETMETADATA INBOX (/private/comment)
S: * METADATA INBOX (/private/comment "another")
S: OK

# They work in the selected state, read-only too (RFC 5464 sections 3.3 and 4.2).
C: EXAMINE INBOX
S: ...
S: OK [READ-ONLY]
C: SETMETADATA INBOX (/private/comment "x")
S: OK
C: GETMETADATA INBOX /private/comment
S: * METADATA INBOX (/private/comment "x")
S: OK

# What one user sets is no other user's, of mailboxes or of the server (RFC 5464 sections 3.2 and 7).
@ users 2
C: SETMETADATA "" (/private/vendor/x/a "mine")
S: OK
C: SETMETADATA INBOX (/shared/comment "mine" /private/comment "mine")
S: OK
C: GETMETADATA "" /private/vendor/x/a
S: * METADATA "" (/private/vendor/x/a "mine")
S: OK
b OPEN ${user2}
b C: GETMETADATA "" /private/vendor/x/a
b S: * METADATA "" (/private/vendor/x/a NIL)
b S: OK
b C: GETMETADATA INBOX (/shared/comment /private/comment)
b S: * METADATA INBOX (/shared/comment NIL /private/comment NIL)
b S: OK

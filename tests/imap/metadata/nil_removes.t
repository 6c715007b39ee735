# NIL removes an entry; an empty string is a value (RFC 5464 sections 3.2 and 4.3). An entry without a value is shown as NIL.
C: SETMETADATA INBOX (/private/comment "x" /shared/comment "")
S: OK
C: SETMETADATA INBOX (/private/comment NIL /private/vendor/x/absent NIL)
S: OK
C: GETMETADATA INBOX (/private/comment /shared/comment)
S: * METADATA INBOX (/private/comment NIL /shared/comment "")
S: OK

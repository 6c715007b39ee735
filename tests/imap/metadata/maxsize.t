# MAXSIZE leaves out longer values and tells the size of the longest one left out (RFC 5464 section 4.2.1).
C: SETMETADATA INBOX (/private/comment "1234567890" /shared/comment "12345" /private/vendor/x/a "123456")
S: OK
C: GETMETADATA (MAXSIZE 5) INBOX (/shared/comment /private/comment /private/vendor/x/a)
S: * METADATA INBOX (/shared/comment "12345")
S: OK [METADATA LONGENTRIES 10]
C: GETMETADATA (MAXSIZE 10) INBOX (/shared/comment /private/comment)
S: * METADATA INBOX (/shared/comment "12345" /private/comment "1234567890")
S: OK GETMETADATA completed
C: GETMETADATA (maxsize 0) INBOX /private/comment
S: OK [METADATA LONGENTRIES 10]

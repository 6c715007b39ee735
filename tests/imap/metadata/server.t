# Entries of the server: /private is each user's own, /shared is its administrator's, and clients cannot change it (RFC 5464 sections 3.2.1.1, 3.3).
@ users 2
@ config imap: { server_admin = "mailto:root@example.org"; server_comment = "Welcome"; };
C: GETMETADATA "" (/shared/admin /shared/comment /private/comment)
S: * METADATA "" (/shared/admin "mailto:root@example.org" /shared/comment "Welcome" /private/comment NIL)
S: OK
C: GETMETADATA (DEPTH 1) "" /shared
S: * METADATA "" (/shared/admin "mailto:root@example.org" /shared/comment "Welcome")
S: OK
C: GETMETADATA (MAXSIZE 10) "" (/shared/admin /shared/comment)
S: * METADATA "" (/shared/comment "Welcome")
S: OK [METADATA LONGENTRIES 23]
C: SETMETADATA "" (/shared/comment "mine")
S: NO [NOPERM]
C: SETMETADATA "" (/shared/admin NIL)
S: NO [NOPERM]
C: SETMETADATA "" (/private/comment "mine")
S: OK
C: GETMETADATA "" /private/comment
S: * METADATA "" (/private/comment "mine")
S: OK
b OPEN ${user2}
b C: GETMETADATA "" (/shared/comment /private/comment)
b S: * METADATA "" (/shared/comment "Welcome" /private/comment NIL)
b S: OK

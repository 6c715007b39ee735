# SEARCH RETURN (SAVE) and commands with $ sent together (RFC 9051 section 6.4.4.2; RFC 5182 section 2.3).
@ needs SEARCHRES
@ mailbox INBOX 3
@ mailbox Other

C: SELECT INBOX
S: ...
S: OK
C= p1 SEARCH RETURN (SAVE) SUBJECT "message 2"\r\np2 COPY $ Other\r\np3 STORE $ +FLAGS.SILENT (\\Deleted)\r\np4 EXPUNGE\r\np5 FETCH $ UID
S: p1 OK $any
S: p2 OK [COPYUID $nz 2 1] $any
S: p3 OK $any
S: * 2 EXPUNGE
[rev1] S: ...
S: p4 OK $any
S: p5 OK $any

# Commands sent together are answered in their order, each on what the one before left (RFC 9051 section 5.5).
@ mailbox INBOX 3

C= p1 SELECT INBOX\r\np2 STORE 1 +FLAGS.SILENT (\\Deleted)\r\np3 UID EXPUNGE 1:*\r\np4 UID FETCH 1:* UID\r\np5 NOOP
S: ...
S: p1 OK [READ-WRITE] $any
S: p2 OK $any
S: * 1 EXPUNGE
[rev1] S: ...
S: p3 OK $any
S: * 1 FETCH (UID 2)
S: * 2 FETCH (UID 3)
S: p4 OK $any
S: p5 OK $any

# FETCH FLAGS gives system flags and keywords as they were stored (RFC 9051 section 6.4.5).
@ mailbox INBOX plain.eml (\Seen $Forwarded Work)
@ mailbox INBOX list.eml

C: SELECT INBOX
S: ...
S: OK [READ-WRITE]
C: FETCH 1:2 FLAGS
[rev1] S: * 1 FETCH (FLAGS $set(\Seen $Forwarded Work \Recent))
[rev1] S: * 2 FETCH (FLAGS $set(\Recent))
[rev2] S: * 1 FETCH (FLAGS $set(\Seen $Forwarded Work))
[rev2] S: * 2 FETCH (FLAGS ())
S: OK

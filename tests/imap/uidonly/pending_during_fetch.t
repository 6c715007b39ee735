# Without numbers nothing keeps VANISHED back: it comes at the end of UID FETCH, UID STORE and UID SEARCH (RFC 9586 section 3.6, RFC 7162 section 3.2.10.2).
@ mailbox INBOX 4

a C: ENABLE UIDONLY
a S: * ENABLED UIDONLY
a S: OK
a C: SELECT INBOX
a S: ...
a S: OK
b C: SELECT INBOX
b S: ...
b S: OK
b C: STORE 2 +FLAGS.SILENT (\Deleted)
b S: OK
b C: EXPUNGE
b S: * 2 EXPUNGE
b S: ...
b S: OK
a C: UID FETCH 1:3 UID
a S: * 1 UIDFETCH (UID 1)
a S: * 3 UIDFETCH (UID 3)
a S: * VANISHED 2
a S: ...
a S: OK
b C: STORE 2 +FLAGS.SILENT (\Deleted)
b S: OK
b C: EXPUNGE
b S: * 2 EXPUNGE
b S: ...
b S: OK
a C: UID SEARCH RETURN (ALL) UID 1:3
a S: * ESEARCH (TAG $any) UID ALL 1
a S: * VANISHED 3
a S: ...
a S: OK

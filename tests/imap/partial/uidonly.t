# PARTIAL after ENABLE UIDONLY, with messages that another session expunged meanwhile (RFC 9394 section 3.3, RFC 9586 section 3.3).
@ mailbox INBOX 4

a C: ENABLE UIDONLY
a S: * ENABLED UIDONLY
a S: OK
a C: SELECT INBOX
a S: ...
a S: OK
a C: UID FETCH 1:* (FLAGS) (PARTIAL -1:-2)
a S: * 3 UIDFETCH (FLAGS $any)
a S: * 4 UIDFETCH (FLAGS $any)
a S: OK
b C: SELECT INBOX
b S: ...
b S: OK
b C: STORE 4 +FLAGS.SILENT (\Deleted)
b S: OK
b C: EXPUNGE
b S: * 4 EXPUNGE
b S: ...
b S: OK
a C: UID SEARCH RETURN (PARTIAL -1:-2) ALL
a S: * ESEARCH (TAG $any) UID PARTIAL (-1:-2 2:3)
a S: * VANISHED 4
a S: ...
a S: OK
a C: UID FETCH 1:* (UID) (PARTIAL -1:-2)
a S: * 2 UIDFETCH (UID 2)
a S: * 3 UIDFETCH (UID 3)
a S: OK

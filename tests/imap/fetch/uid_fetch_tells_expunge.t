# UID FETCH may tell of EXPUNGE, behind its own responses; expunged UIDs are no error (RFC 9051 sections 7.5.1 and 6.4.9).
@ mailbox INBOX 3

a C: SELECT INBOX
a S: ...
a S: OK
a C: FETCH 1:3 UID
a S: * 1 FETCH (UID ${one})
a S: * 2 FETCH (UID ${two})
a S: * 3 FETCH (UID ${three})
a S: OK
b C: SELECT INBOX
b S: ...
b S: OK
b C: STORE 1 +FLAGS.SILENT (\Deleted)
b S: OK
b C: EXPUNGE
b S: * 1 EXPUNGE
b S: OK
a C: UID FETCH ${one}:${three} UID
a S: * 2 FETCH (UID ${two})
a S: * 3 FETCH (UID ${three})
a S: * 1 EXPUNGE
[rev1] a S: * 2 RECENT
a S: OK
a NONE

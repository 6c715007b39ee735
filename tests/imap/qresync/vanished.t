# VANISHED in place of EXPUNGE, for what this client and what others expunge; HIGHESTMODSEQ in the tagged OK (RFC 7162 sections 3.2.7, 3.2.9, 3.2.10).
@ mailbox INBOX 8

a C: ENABLE QRESYNC
a S: * ENABLED QRESYNC
a S: OK
a C: SELECT INBOX
a S: ...
a S: OK
a C: STORE 1,3:4,7 +FLAGS.SILENT (\Deleted)
a S: ...
a S: OK
a C: UID EXPUNGE 7:8
a S: * VANISHED 7
a S: ...
a S: OK [HIGHESTMODSEQ $nz]
a C: EXPUNGE
a S: * VANISHED 1,3:4
a S: ...
a S: OK [HIGHESTMODSEQ ${high}]
a C: EXPUNGE
a S: OK {{[^[].*}}
a C: STATUS INBOX (MESSAGES HIGHESTMODSEQ)
a S: * STATUS INBOX (MESSAGES 4 HIGHESTMODSEQ ${high})
a S: OK
b C: SELECT INBOX
b S: ...
b S: OK
b C: STORE 1,4 +FLAGS.SILENT (\Deleted)
b S: OK
b C: EXPUNGE
b S~ * 4 EXPUNGE
b S~ * 1 EXPUNGE
b S~ ...
b S: OK
a C: NOOP
a S: * VANISHED 2,8
a S: ...
a S: OK [HIGHESTMODSEQ $nz]
a C: FETCH 1:* (UID)
a S: * 1 FETCH (UID 5)
a S: * 2 FETCH (UID 6)
a S: OK

# What is gone but not announced yet goes out as VANISHED without EARLIER, once (RFC 7162 section 3.2.10).
@ mailbox INBOX 4

a C: ENABLE QRESYNC
a S: * ENABLED QRESYNC
a S: OK
a C: SELECT INBOX
a S: ...
a S: * OK [HIGHESTMODSEQ ${m0}]
a S: ...
a S: OK
a C: STORE 2 +FLAGS.SILENT (\Deleted)
a S: ...
a S: OK
a C: EXPUNGE
a S: * VANISHED 2
a S: ...
a S: OK
b C: SELECT INBOX
b S: ...
b S: OK
b C: UID STORE 3 +FLAGS.SILENT (\Deleted)
b S: OK
b C: EXPUNGE
b S: * 2 EXPUNGE
b S: ...
b S: OK
a C: UID FETCH 1:4 (UID) (CHANGEDSINCE ${m0} VANISHED)
a S: * VANISHED (EARLIER) 2
a S: * VANISHED 3
a S: ...
a S: OK [HIGHESTMODSEQ $nz]

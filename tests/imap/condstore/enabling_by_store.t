# STORE (UNCHANGEDSINCE) is an enabling command (RFC 7162 sections 3.1 and 3.1.3, example 5).
@ mailbox INBOX 1

C: SELECT INBOX
S: ...
S: * OK [HIGHESTMODSEQ ${high}]
S: ...
S: OK
C: STORE 1 (UNCHANGEDSINCE ${high}) +FLAGS.SILENT (\Deleted)
S: * OK [HIGHESTMODSEQ ${high}]
S: * 1 FETCH (UID $nz MODSEQ ($nz))
S: OK
C: STORE 1 +FLAGS (\Seen)
S: * 1 FETCH $items(UID $nz, FLAGS $has(\Seen), MODSEQ ($nz))
S: OK

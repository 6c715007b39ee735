# UNCHANGEDSINCE 0 always fails for system flags, and for a keyword that is set: so a keyword is set by one client only (RFC 7162 section 3.1.3, example 8).
@ mailbox INBOX 1

C: SELECT INBOX (CONDSTORE)
S: ...
S: OK
C: STORE 1 (UNCHANGEDSINCE 0) +FLAGS.SILENT (\Seen)
S: * 1 FETCH $items(UID $nz, FLAGS $any, MODSEQ ($nz))
S: OK [MODIFIED 1]
C: STORE 1 (UNCHANGEDSINCE 0) +FLAGS.SILENT ($MDNSent)
S: ...
S: * 1 FETCH (UID $nz MODSEQ ($nz))
S: ...
S: OK
C: STORE 1 (UNCHANGEDSINCE 0) +FLAGS.SILENT ($MDNSent)
S: * 1 FETCH $items(UID $nz, FLAGS $has($MDNSent), MODSEQ ($nz))
S: OK [MODIFIED 1]
C: STORE 1 (UNCHANGEDSINCE 0) FLAGS.SILENT ($Other)
S: ...
S: OK [MODIFIED 1]

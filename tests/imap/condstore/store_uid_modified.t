# UID STORE names UIDs in MODIFIED (RFC 7162 section 3.1.3).
@ mailbox INBOX 3

C: SELECT INBOX (CONDSTORE)
S: ...
S: * OK [HIGHESTMODSEQ ${high}]
S: ...
S: OK
C: STORE 1 +FLAGS.SILENT (\Deleted)
S: * 1 FETCH (UID $nz MODSEQ ($nz))
S: OK
C: EXPUNGE
S: * 1 EXPUNGE
S: ...
S: OK [HIGHESTMODSEQ ${high2}]
C: UID STORE 2 +FLAGS.SILENT (\Answered)
S: * 1 FETCH (UID 2 MODSEQ ($nz))
S: OK
C: UID STORE 1:3,77 (UNCHANGEDSINCE ${high2}) +FLAGS.SILENT (\Seen)
S~ * 1 FETCH $items(UID 2, FLAGS $has(\Answered), MODSEQ ($nz))
S~ * 2 FETCH (UID 3 MODSEQ ($nz))
S: OK [MODIFIED 2]

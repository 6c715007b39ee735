# Adding a flag that is there changes no modseq (RFC 7162 section 3.1.11); a conditional STORE tells it nevertheless (section 3.1.3).
@ mailbox INBOX 1

C: SELECT INBOX (CONDSTORE)
S: ...
S: OK
C: STORE 1 +FLAGS.SILENT (\Seen)
S: * 1 FETCH (UID $nz MODSEQ (${one}))
S: OK
C: STORE 1 +FLAGS.SILENT (\Seen)
S: OK
C: STORE 1 +FLAGS (\Seen)
S: * 1 FETCH $items(UID $nz, FLAGS $has(\Seen), MODSEQ (${one}))
S: OK
C: STORE 1 (UNCHANGEDSINCE ${one}) +FLAGS.SILENT (\Seen)
S: * 1 FETCH (UID $nz MODSEQ (${one}))
S: OK
C: STORE 1 (UNCHANGEDSINCE ${one}) FLAGS (\Seen)
S: * 1 FETCH $items(UID $nz, FLAGS $has(\Seen), MODSEQ (${one}))
S: OK
C: FETCH 1 (BODY[TEXT] MODSEQ)
S: * 1 FETCH $items(BODY[TEXT] $string, MODSEQ (${one}))
S: OK

# FETCH (CHANGEDSINCE) is an enabling command (RFC 7162 section 3.1).
@ mailbox INBOX 1

C: SELECT INBOX
S: ...
S: * OK [HIGHESTMODSEQ ${high}]
S: ...
S: OK
C: FETCH 1 (FLAGS) (CHANGEDSINCE ${high})
S: * OK [HIGHESTMODSEQ ${high}]
S: OK
C: STORE 1 +FLAGS (\Seen)
S: * 1 FETCH $items(UID $nz, FLAGS $has(\Seen), MODSEQ ($nz))
S: OK

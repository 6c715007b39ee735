# PARTIAL chooses first, CHANGEDSINCE then, in whatever order they are said (RFC 9394 section 3.4).
@ mailbox INBOX 4

C: SELECT INBOX
S: ...
S: * OK [HIGHESTMODSEQ ${m0}] $text
S: ...
S: OK
C: STORE 1,3 +FLAGS.SILENT (\Flagged)
S: OK
C: UID FETCH 1:* (FLAGS) (PARTIAL -1:-2 CHANGEDSINCE ${m0})
S: ...
S: * 3 FETCH $items(UID 3, FLAGS $has(\Flagged), MODSEQ ($nz))
S: OK
C: UID FETCH 1:* (FLAGS) (CHANGEDSINCE ${m0} PARTIAL 1:2)
S: * 1 FETCH $items(UID 1, FLAGS $has(\Flagged), MODSEQ ($nz))
S: OK
C: UID FETCH 1:* (FLAGS) (CHANGEDSINCE ${m0} PARTIAL 4:4)
S: OK

# CHANGEDSINCE leaves out what has not changed and implies MODSEQ (RFC 7162 section 3.1.4.1); 0 and 1 mean all (users.md section 1.3).
@ mailbox INBOX 4

C: SELECT INBOX (CONDSTORE)
S: ...
S: * OK [HIGHESTMODSEQ ${high}]
S: ...
S: OK
C: STORE 2 +FLAGS.SILENT (\Seen)
S: * 2 FETCH (UID ${two} MODSEQ (${m2}))
S: OK
C: UID FETCH 1:* (FLAGS) (CHANGEDSINCE ${high})
S: * 2 FETCH $items(UID ${two}, FLAGS $has(\Seen), MODSEQ (${m2}))
S: OK
C: FETCH 1:4 (UID) (changedsince ${high})
S: * 2 FETCH $items(UID ${two}, MODSEQ (${m2}))
S: OK
C: FETCH 1:4 (UID) (CHANGEDSINCE ${m2})
S: OK
C: FETCH 1,3:4 (UID) (CHANGEDSINCE ${high})
S: OK
C: FETCH 1:4 (UID) (CHANGEDSINCE 9223372036854775807)
S: OK
C: FETCH 1:4 (MODSEQ) (CHANGEDSINCE 0)
S: * 1 FETCH (MODSEQ ($nz))
S: * 2 FETCH (MODSEQ (${m2}))
S: * 3 FETCH (MODSEQ ($nz))
S: * 4 FETCH (MODSEQ ($nz))
S: OK

# FETCH that sets \Seen looks only at what has changed, too; the response has the new FLAGS, UID and MODSEQ (RFC 7162 sections 3.1.4.1 and 3.2.4).
@ mailbox INBOX 2

C: SELECT INBOX (CONDSTORE)
S: ...
S: * OK [HIGHESTMODSEQ ${high}]
S: ...
S: OK
C: STORE 2 +FLAGS.SILENT ($A)
S: ...
S: * 2 FETCH (UID $nz MODSEQ (${old}))
S: ...
S: OK
C: FETCH 1:2 (BODY[TEXT]) (CHANGEDSINCE ${high})
S: * 2 FETCH $items(UID $nz, MODSEQ (${new}), FLAGS $has(\Seen $A), BODY[TEXT] $string)
S: OK
NONE
C: FETCH 2 (MODSEQ)
S: * 2 FETCH (MODSEQ (${new}))
S: OK
C: FETCH 1 (MODSEQ FLAGS)
S: * 1 FETCH $items(FLAGS {{\((\\Recent)?\)}}, MODSEQ ($nz))
S: OK
C: FETCH 1 (BODY[TEXT])
S: * 1 FETCH $items(UID $nz, MODSEQ ($nz), FLAGS $has(\Seen), BODY[TEXT] $string)
S: OK

# FETCH MODSEQ enables; with a mailbox selected the first enabling command gives HIGHESTMODSEQ, later ones do not (RFC 7162 sections 3.1, 3.1.4.2).
@ mailbox INBOX 2

C: SELECT INBOX
S: ...
S: * OK [HIGHESTMODSEQ ${high}]
S: ...
S: OK
C: FETCH 1:2 (MODSEQ)
S: * OK [HIGHESTMODSEQ ${high}]
S: * 1 FETCH (MODSEQ (${one}))
S: * 2 FETCH (MODSEQ ($nz))
S: OK
C: FETCH 1 (UID MODSEQ)
S: * 1 FETCH $items(UID $nz, MODSEQ (${one}))
S: OK
C: FETCH 1 (FLAGS)
S: * 1 FETCH $items(FLAGS $any, MODSEQ (${one}))
S: OK
C: STORE 1 +FLAGS (\Seen)
S: * 1 FETCH $items(UID $nz, FLAGS $has(\Seen), MODSEQ ($nz))
S: OK

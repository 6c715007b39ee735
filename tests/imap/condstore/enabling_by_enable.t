# ENABLE CONDSTORE with a mailbox selected gives its HIGHESTMODSEQ (RFC 7162 section 3.1; RFC 5161 section 3.1).
@ mailbox INBOX 1

C: SELECT INBOX
S: ...
S: * OK [HIGHESTMODSEQ ${high}]
S: ...
S: OK
C: ENABLE CONDSTORE
S~ * OK [HIGHESTMODSEQ ${high}]
S~ * ENABLED CONDSTORE
S: OK
C: STORE 1 +FLAGS (\Seen)
S: * 1 FETCH $items(UID $nz, FLAGS $has(\Seen), MODSEQ ($nz))
S: OK

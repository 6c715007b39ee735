# STATUS (HIGHESTMODSEQ) is an enabling command, and tells HIGHESTMODSEQ of the selected mailbox (RFC 7162 sections 3.1 and 3.1.7).
@ mailbox INBOX 1
@ mailbox Other 1

C: SELECT INBOX
S: ...
S: * OK [HIGHESTMODSEQ ${high}]
S: ...
S: OK
C: STATUS Other (MESSAGES HIGHESTMODSEQ)
S: * OK [HIGHESTMODSEQ ${high}]
S: * STATUS Other (MESSAGES 1 HIGHESTMODSEQ $nz)
S: OK
C: STORE 1 +FLAGS (\Seen)
S: * 1 FETCH $items(UID $nz, FLAGS $has(\Seen), MODSEQ ($nz))
S: OK

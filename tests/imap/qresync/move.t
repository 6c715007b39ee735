# MOVE is told as VANISHED, with HIGHESTMODSEQ; it raises the modseq of both mailboxes (RFC 6851 section 4.4; RFC 7162 section 3.2).
@ mailbox INBOX 3
@ mailbox Other 1

C: ENABLE QRESYNC
S: * ENABLED QRESYNC
S: OK
C: STATUS Other (HIGHESTMODSEQ)
S: * STATUS Other (HIGHESTMODSEQ ${other})
S: OK
C: SELECT INBOX
S: ...
S: * OK [HIGHESTMODSEQ ${high}]
S: ...
S: OK
C: MOVE 1:2 Other
S: * OK [COPYUID $nz 1:2 2:3]
S: * VANISHED 1:2
S: ...
S: OK [HIGHESTMODSEQ ${new}]
C: UID FETCH 1:* (FLAGS) (CHANGEDSINCE ${high} VANISHED)
S: * VANISHED (EARLIER) 1:2
S: OK
C: SELECT Other
S: ...
S: OK
C: UID FETCH 1:* (UID) (CHANGEDSINCE ${other})
S: * 2 FETCH $items(UID 2, MODSEQ ($nz))
S: * 3 FETCH $items(UID 3, MODSEQ ($nz))
S: OK

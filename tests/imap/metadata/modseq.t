# SETMETADATA that changes an annotation raises the mailbox's modseq, and no other's (RFC 7162 section 3.2).
@ mailbox INBOX 1
@ mailbox Other

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
C: SETMETADATA INBOX (/private/comment "mine")
S: ...
S: OK
C: STATUS INBOX (HIGHESTMODSEQ)
S! * STATUS INBOX (HIGHESTMODSEQ ${high})
S: ...
S: * STATUS INBOX (HIGHESTMODSEQ ${new})
S: OK
C: STATUS Other (HIGHESTMODSEQ)
S: * STATUS Other (HIGHESTMODSEQ ${other})
S: OK
C: UID FETCH 1 (FLAGS) (CHANGEDSINCE ${high} VANISHED)
S: OK
C: SETMETADATA INBOX (/private/comment NIL)
S: ...
S: OK
C: STATUS INBOX (HIGHESTMODSEQ)
S! * STATUS INBOX (HIGHESTMODSEQ ${new})
S: ...
S: * STATUS INBOX (HIGHESTMODSEQ $nz)
S: OK

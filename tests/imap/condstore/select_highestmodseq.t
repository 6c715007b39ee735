# Every SELECT and EXAMINE gives HIGHESTMODSEQ, never 0, also of an empty mailbox (RFC 7162 section 3.1.2.1; users.md section 1.3).
@ mailbox Empty
@ mailbox INBOX 2

C: SELECT Empty
S: ...
S: * OK [HIGHESTMODSEQ $nz]
S: ...
S: OK
C: EXAMINE INBOX
S: ...
S: * OK [HIGHESTMODSEQ $nz]
S: ...
S: OK
C: SELECT INBOX (CONDSTORE)
S: ...
S: * OK [HIGHESTMODSEQ ${high}]
S: ...
S: OK
C: STATUS INBOX (HIGHESTMODSEQ)
S: * STATUS INBOX (HIGHESTMODSEQ ${high})
S: OK

# What SELECT tells an IMAP4rev2 client: LIST, and neither RECENT nor UNSEEN (RFC 9051 section 6.3.2).
@ rev rev2
@ mailbox box 2
C: SELECT box
S~ * FLAGS $has(\Answered \Flagged \Deleted \Seen \Draft)
S~ * 2 EXISTS
S~ * OK [PERMANENTFLAGS $has(\Answered \Flagged \Deleted \Seen \Draft \*)]
S~ * OK [UIDVALIDITY $nz]
S~ * OK [UIDNEXT 3]
S~ * OK [MAILBOXID ($any)]
S~ * OK [URLMECH INTERNAL]
S~ * OK [HIGHESTMODSEQ $nz]
S~ * LIST $any "/" box
S: OK [READ-WRITE]

# What SELECT tells an IMAP4rev1 client (RFC 3501 section 6.3.1).
@ rev rev1
@ mailbox box plain.eml (\Seen)
@ mailbox box plain.eml
C: SELECT box
S~ * FLAGS $has(\Answered \Flagged \Deleted \Seen \Draft)
S~ * 2 EXISTS
S~ * 2 RECENT
S~ * OK [UNSEEN 2]
S~ * OK [PERMANENTFLAGS $has(\Answered \Flagged \Deleted \Seen \Draft \*)]
S~ * OK [UIDVALIDITY $nz]
S~ * OK [UIDNEXT 3]
S~ * OK [MAILBOXID ($any)]
S~ * OK [URLMECH INTERNAL]
S~ * OK [HIGHESTMODSEQ $nz]
S: OK [READ-WRITE]
C: EXAMINE box
S: ...
S: OK [READ-ONLY]

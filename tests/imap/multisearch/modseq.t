# MODSEQ among the keys: each response has the highest modseq of its mailbox's matches (RFC 7162 section 3.1.10, RFC 7377 section 2.1).
@ mailbox A 2
@ mailbox B 3

C: ESEARCH IN (mailboxes (A B)) MODSEQ 1
S~ * ESEARCH (TAG $any MAILBOX A UIDVALIDITY $nz) UID ALL 1:2 MODSEQ $nz
S~ * ESEARCH (TAG $any MAILBOX B UIDVALIDITY $nz) UID ALL 1:3 MODSEQ $nz
S: OK

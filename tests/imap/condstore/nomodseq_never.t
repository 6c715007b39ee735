# Every mailbox keeps modseqs: NOMODSEQ is never sent (RFC 7162 section 3.1.2.2).
@ mailbox INBOX 1

C: SELECT INBOX (CONDSTORE)
S! * OK [NOMODSEQ]
S: ...
S: OK

# A message that is named more than once in a set is one message: the conditional STORE does not fail for the second time (RFC 7162 section 3.1.3).
@ mailbox INBOX 2

C: SELECT INBOX (CONDSTORE)
S: ...
S: * OK [HIGHESTMODSEQ ${high}]
S: ...
S: OK
C: STORE 1,2,1:2,1 (UNCHANGEDSINCE ${high}) +FLAGS.SILENT (\Seen)
S: * 1 FETCH (UID 1 MODSEQ (${new}))
S: * 2 FETCH (UID 2 MODSEQ (${new}))
S: OK {{[^[].*}}
C: UID STORE 2,2,1:*,* (UNCHANGEDSINCE ${new}) -FLAGS.SILENT (\Seen)
S: * 1 FETCH (UID 1 MODSEQ ($nz))
S: * 2 FETCH (UID 2 MODSEQ ($nz))
S: OK {{[^[].*}}
NONE

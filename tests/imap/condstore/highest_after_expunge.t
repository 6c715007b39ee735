# An expunge raises the mailbox's modseq although no message's changes (RFC 7162 sections 3.2 and 3.2.1); CLOSE too, without a word (section 3.2.8).
@ mailbox INBOX 3

C: SELECT INBOX (CONDSTORE)
S: ...
S: OK
C: STORE 1:2 +FLAGS.SILENT (\Deleted)
S: * 1 FETCH (UID 1 MODSEQ (${m}))
S: * 2 FETCH (UID 2 MODSEQ (${m}))
S: OK
C: UID EXPUNGE 1
S: * 1 EXPUNGE
S: ...
S: OK [HIGHESTMODSEQ ${e}]
C: STATUS INBOX (HIGHESTMODSEQ)
S: * STATUS INBOX (HIGHESTMODSEQ ${e})
S: OK
C: UID FETCH 1:* (FLAGS) (CHANGEDSINCE ${m})
S: OK
C: CLOSE
S: OK {{[^[].*}}
C: SELECT INBOX (QRESYNC (1 1))
S: BAD
C: SELECT INBOX
S: ...
S: * OK [HIGHESTMODSEQ ${f}]
S: ...
S: OK
C: UID FETCH 1:* (FLAGS) (CHANGEDSINCE ${e})
S: OK
C: FETCH * (MODSEQ) (CHANGEDSINCE 0)
S: * 1 FETCH (MODSEQ ($nz))
S: OK

# Without ENABLE QRESYNC the parameter and the modifier are BAD, and the mailbox stays what it was (RFC 7162 sections 3.2.3, 3.2.5, 3.2.6).
# EXPUNGE stays EXPUNGE.
@ mailbox INBOX 2
@ mailbox Other 1

C: ENABLE CONDSTORE
S: * ENABLED CONDSTORE
S: OK
C: SELECT INBOX (QRESYNC (1 1))
S: BAD
C: FETCH 1 (FLAGS)
S: BAD
C: SELECT INBOX
S: ...
S: OK
C: UID FETCH 1:* (FLAGS) (CHANGEDSINCE 1 VANISHED)
S: BAD
C: SELECT Other (QRESYNC (1 1))
S: BAD
C: STORE 2 +FLAGS.SILENT (\Deleted)
S: * 2 FETCH (UID 2 MODSEQ ($nz))
S: OK
C: EXPUNGE
S: * 2 EXPUNGE
S: ...
S: OK [HIGHESTMODSEQ $nz]

# Pairs of number and UID that hold say that the client knows of all expunges up to there (RFC 7162 section 3.2.5.2); pairs that do not hold say nothing.
@ mailbox INBOX 9

C: ENABLE QRESYNC
S: * ENABLED QRESYNC
S: OK
C: SELECT INBOX
S: ...
S: * OK [UIDVALIDITY ${v}]
S: ...
S: * OK [HIGHESTMODSEQ ${m0}]
S: ...
S: OK
C: STORE 2,5,8 +FLAGS.SILENT (\Deleted)
S: ...
S: * 8 FETCH (UID 8 MODSEQ (${md}))
S: ...
S: OK
C: EXPUNGE
S: * VANISHED 2,5,8
S: ...
S: OK [HIGHESTMODSEQ ${m1}]
C: SELECT INBOX (QRESYNC (${v} ${md} 1:9 (1,3 1,4)))
S: ...
S: * VANISHED (EARLIER) 5,8
S: OK
C: SELECT INBOX (QRESYNC (${v} ${md} 1:9 (1,3,6 1,4,8)))
S: ...
S: * VANISHED (EARLIER) 5,8
S: OK
C: SELECT INBOX (QRESYNC (${v} ${md} (1:2,4 1,3,6)))
S: ...
S: * VANISHED (EARLIER) 8
S: OK
C: SELECT INBOX (QRESYNC (${v} ${md} (1:6 1,3:4,6:7,9)))
S! * VANISHED $any
S: ...
S: OK
C: SELECT INBOX (QRESYNC (${v} ${md} (2:4 2:4)))
S: ...
S: * VANISHED (EARLIER) 2,5,8
S: OK
C: SELECT INBOX (QRESYNC (${v} ${md} (500 900)))
S: ...
S: * VANISHED (EARLIER) 2,5,8
S: OK

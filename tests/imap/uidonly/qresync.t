# SELECT (QRESYNC) answers with VANISHED (EARLIER) and UIDFETCH; its fourth argument holds message numbers and is a BAD (RFC 9586 section 3.7), after which the mailbox selected before is still selected.
@ mailbox INBOX 5
@ mailbox Other 1

C: ENABLE QRESYNC UIDONLY
S: * ENABLED QRESYNC UIDONLY
S: OK
C: SELECT INBOX
S: ...
S: * OK [UIDVALIDITY ${validity}] $text
S: ...
S: * OK [HIGHESTMODSEQ ${m0}] $text
S: ...
S: OK
C: UID STORE 2 +FLAGS.SILENT (\Deleted)
S: ...
S: OK
C: EXPUNGE
S: * VANISHED 2
S: ...
S: OK [HIGHESTMODSEQ $nz] $text
C: UID STORE 4 +FLAGS.SILENT (\Seen)
S: * 4 UIDFETCH (MODSEQ (${m1}))
S: OK
C: SELECT Other
S: ...
S: OK
C: SELECT INBOX (QRESYNC (${validity} ${m0} 1:5 (1,3 1,3)))
S: BAD [UIDREQUIRED] $text
C: UID FETCH 1:* UID
S: * 1 UIDFETCH (UID 1)
S: OK
C: SELECT INBOX (QRESYNC (${validity} ${m0} 1:5))
S: ...
S: * VANISHED (EARLIER) 2
S: * 4 UIDFETCH $items(FLAGS $has(\Seen), MODSEQ (${m1}))
S: OK
C: UID FETCH 1:* (FLAGS) (CHANGEDSINCE ${m0} VANISHED)
S: * VANISHED (EARLIER) 2
S: * 4 UIDFETCH $items(FLAGS $has(\Seen), MODSEQ (${m1}))
S: OK

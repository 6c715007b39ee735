# SELECT (QRESYNC (uidvalidity modseq)): after the usual responses what is gone, then what has changed, with UID, FLAGS and MODSEQ; new messages too (RFC 7162
# section 3.2.5.1). CLOSED comes first where another mailbox was selected.
@ mailbox INBOX 5

a C: ENABLE QRESYNC
a S: * ENABLED QRESYNC
a S: OK
a C: SELECT INBOX
a S: ...
a S: * OK [UIDVALIDITY ${v}]
a S: ...
a S: * OK [HIGHESTMODSEQ ${m0}]
a S: ...
a S: OK
b C: SELECT INBOX
b S: ...
b S: OK
b C: STORE 1,4 +FLAGS.SILENT (\Deleted)
b S: OK
b C: EXPUNGE
b S: ...
b S: OK
b C: UID STORE 3 +FLAGS.SILENT (\Answered $A)
b S: ...
b S: OK
b C: APPEND INBOX (\Seen) <<
> Subject: new
>
> new
b S: ...
b S: OK
a C: SELECT INBOX (QRESYNC (${v} ${m0}))
a S: * OK [CLOSED]
a S~ * FLAGS $has(\Seen $A)
a S~ * OK [PERMANENTFLAGS $any]
a S~ * 4 EXISTS
[rev1] a S~ * $num RECENT
[rev1] a S~ * OK [UNSEEN 1]
a S~ * OK [UIDVALIDITY ${v}]
a S~ * OK [UIDNEXT 7]
a S~ * OK [HIGHESTMODSEQ ${m1}]
[rev2] a S~ * LIST $any
a S~ * OK [MAILBOXID $any]
a S~ * OK [URLMECH INTERNAL]
a S: * VANISHED (EARLIER) 1,4
a S: * 2 FETCH $items(UID 3, FLAGS $has(\Answered $A), MODSEQ ($nz))
a S: * 4 FETCH $items(UID 6, FLAGS $has(\Seen), MODSEQ (${m1}))
a S: OK [READ-WRITE]
a C: EXAMINE INBOX (QRESYNC (${v} ${m1}))
a S! * VANISHED $any
a S: * OK [CLOSED]
a S: ...
a S: OK [READ-ONLY]
a C: SELECT INBOX (QRESYNC (${v} ${m0} 1:3))
a S: ...
a S: * VANISHED (EARLIER) 1
a S: * 2 FETCH $items(UID 3, FLAGS $has(\Answered $A), MODSEQ ($nz))
a S: OK
a C: SELECT INBOX (CONDSTORE QRESYNC (${v} ${m0} 4:100))
a S: ...
a S: * VANISHED (EARLIER) 4
a S: * 4 FETCH $items(UID 6, FLAGS $has(\Seen), MODSEQ (${m1}))
a S: OK

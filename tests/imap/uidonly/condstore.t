# MODSEQ is in UIDFETCH responses; a conditional STORE tells UIDs (RFC 9586 section 3.7).
@ mailbox INBOX 3

a C: ENABLE UIDONLY CONDSTORE
a S: * ENABLED UIDONLY CONDSTORE
a S: OK
a C: SELECT INBOX
a S: ...
a S: * OK [HIGHESTMODSEQ ${m0}] $text
a S: ...
a S: OK
a C: UID FETCH 2 (FLAGS MODSEQ)
a S: * 2 UIDFETCH $items(FLAGS $any, MODSEQ ($nz))
a S: OK
a C: UID STORE 2 +FLAGS.SILENT (\Flagged)
a S: * 2 UIDFETCH (MODSEQ (${m1}))
a S: OK
a C: UID STORE 1:2 (UNCHANGEDSINCE ${m0}) +FLAGS (\Seen)
a S~ * 1 UIDFETCH $items(FLAGS $has(\Seen), MODSEQ ($nz))
a S~ * 2 UIDFETCH $items(FLAGS $has(\Flagged), MODSEQ (${m1}))
a S: OK [MODIFIED 2] $text
a C: UID FETCH 1:* (FLAGS) (CHANGEDSINCE ${m1})
a S: * 1 UIDFETCH $items(FLAGS $has(\Seen), MODSEQ ($nz))
a S: OK

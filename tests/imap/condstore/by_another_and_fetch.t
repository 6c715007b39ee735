# FETCH of what another session expunged: its own answer, then the others' flag changes with MODSEQ, then HIGHESTMODSEQ below the expunge
# that is held back; after it was told, the higher one (RFC 7162 sections 3.2 and 6).
@ mailbox INBOX 3

a C: SELECT INBOX (CONDSTORE)
a S: ...
a S: * OK [HIGHESTMODSEQ ${high}]
a S: ...
a S: OK
b C: SELECT INBOX
b S: ...
b S: OK
b C: STORE 1 +FLAGS.SILENT (\Deleted)
b S: OK
b C: EXPUNGE
b S: * 1 EXPUNGE
b S: OK
b C: UID STORE 3 +FLAGS.SILENT (\Answered)
b S: OK
a C: FETCH 2 (FLAGS)
a S: * 2 FETCH $items(FLAGS $any, MODSEQ ($nz))
a S: * 3 FETCH $items(UID 3, FLAGS $has(\Answered), MODSEQ (${m3}))
a S: * OK [HIGHESTMODSEQ ${high}]
a S: OK
a C: NOOP
a S: * 1 EXPUNGE
a S: ...
a S: OK [HIGHESTMODSEQ ${m3}]

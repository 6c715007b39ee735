# A message that was changed after UNCHANGEDSINCE stays as it is and is named in MODIFIED; the others are changed. The client is told what
# the others' change was (RFC 7162 section 3.1.3, examples 6 and 10).
@ mailbox INBOX 3

a C: SELECT INBOX (CONDSTORE)
a S: ...
a S: * OK [HIGHESTMODSEQ ${high}]
a S: ...
a S: OK
b C: SELECT INBOX
b S: ...
b S: OK
b C: STORE 2 +FLAGS.SILENT (\Answered)
b S: OK
a C: STORE 1:3 (UNCHANGEDSINCE ${high}) +FLAGS.SILENT (\Deleted)
a S~ * 1 FETCH (UID $nz MODSEQ (${new}))
a S~ * 3 FETCH (UID $nz MODSEQ ($nz))
a S~ * 2 FETCH $items(UID $nz, FLAGS $has(\Answered), MODSEQ (${two}))
a S: OK [MODIFIED 2]
a NONE
a C: STORE 2 (UNCHANGEDSINCE ${two}) +FLAGS (\Deleted)
a S: * 2 FETCH $items(UID $nz, FLAGS $has(\Answered \Deleted), MODSEQ ($nz))
a S: OK
a C: STORE 1 (UNCHANGEDSINCE ${high}) -FLAGS.SILENT (\Deleted)
a S: * 1 FETCH $items(UID $nz, FLAGS $has(\Deleted), MODSEQ (${new}))
a S: OK [MODIFIED 1]

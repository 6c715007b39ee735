# Of a mixture of messages that are there and that another session expunged, the answer is NO with MODIFIED (RFC 7162 section 3.1.3, example 11).
# While the expunge is held back, HIGHESTMODSEQ keeps the client from moving on beyond it (section 3.2).
@ mailbox INBOX 4

a C: SELECT INBOX (CONDSTORE)
a S: ...
a S: * OK [HIGHESTMODSEQ ${high}]
a S: ...
a S: OK
b C: SELECT INBOX
b S: ...
b S: OK
b C: STORE 4 +FLAGS.SILENT (\Deleted)
b S: OK
b C: EXPUNGE
b S: * 4 EXPUNGE
b S: OK
b C: STORE 2 +FLAGS.SILENT (\Answered)
b S: OK
a C: STORE 1:4 (UNCHANGEDSINCE ${high}) +FLAGS.SILENT (\Seen)
a S~ * 1 FETCH (UID 1 MODSEQ ($nz))
a S~ * 3 FETCH (UID 3 MODSEQ ($nz))
a S~ * 2 FETCH $items(UID 2, FLAGS $has(\Answered), MODSEQ ($nz))
a S~ * OK [HIGHESTMODSEQ ${high}]
a S: NO [MODIFIED 2]
a C: STORE 3 +FLAGS.SILENT (\Flagged)
a S: * 3 FETCH (UID 3 MODSEQ (${last}))
a S: * OK [HIGHESTMODSEQ ${high}]
a S: OK
a C: NOOP
a S: * 4 EXPUNGE
a S: ...
a S: OK [HIGHESTMODSEQ ${last}]
a NONE

# .SILENT leaves flags away, never MODSEQ; another client of the mailbox gets both (RFC 7162 sections 3.1.3 and 3.1.4.2, example 14).
@ mailbox INBOX 2

a C: SELECT INBOX (CONDSTORE)
a S: ...
a S: OK
b C: SELECT INBOX (CONDSTORE)
b S: ...
b S: OK
a C: STORE 1:2 +FLAGS.SILENT (\Deleted)
a S: * 1 FETCH (UID 1 MODSEQ (${m}))
a S: * 2 FETCH (UID 2 MODSEQ (${m}))
a S: OK
a NONE
b C: NOOP
b S: * 1 FETCH $items(UID 1, FLAGS $has(\Deleted), MODSEQ (${m}))
b S: * 2 FETCH $items(UID 2, FLAGS $has(\Deleted), MODSEQ (${m}))
b S: OK
b C: UID STORE 2 -FLAGS.SILENT (\Deleted)
b S: * 2 FETCH (UID 2 MODSEQ ($nz))
b S: OK
a C: UID STORE 2 +FLAGS.SILENT (\Answered)
a S: * 2 FETCH $items(UID 2, FLAGS {{\(\\Answered( \\Recent)?\)}}, MODSEQ ($nz))
a S: OK

# SELECT (CONDSTORE) is a CONDSTORE enabling command: unsolicited FETCH responses have UID and MODSEQ from then on (RFC 7162 sections 3.1, 3.1.8, 3.2.4).
@ mailbox INBOX 2

a C: SELECT INBOX (CONDSTORE)
a S: ...
a S: OK [READ-WRITE]
b C: SELECT INBOX
b S: ...
b S: OK
b C: STORE 2 +FLAGS.SILENT (\Flagged)
b S: OK
a C: NOOP
a S: * 2 FETCH $items(UID $nz, FLAGS $has(\Flagged), MODSEQ ($nz))
a S: OK

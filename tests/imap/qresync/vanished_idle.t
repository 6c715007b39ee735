# IDLE tells VANISHED at once (RFC 7162 section 3.2.10.2: a command is in progress).
@ mailbox INBOX 3

a C: ENABLE QRESYNC
a S: * ENABLED QRESYNC
a S: OK
a C: SELECT INBOX
a S: ...
a S: OK
a C: IDLE
a S: + $any
b C: SELECT INBOX
b S: ...
b S: OK
b C: STORE 2 +FLAGS.SILENT (\Deleted)
b S: OK
a S: * 2 FETCH $items(UID 2, FLAGS $has(\Deleted), MODSEQ ($nz))
b C: EXPUNGE
b S: * 2 EXPUNGE
b S: ...
b S: OK
a S: * VANISHED 2
a S: ...
a C= DONE
a S: ...
a S: OK [HIGHESTMODSEQ $nz]

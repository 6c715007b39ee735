# MessageExpunge in the selected mailbox is VANISHED with QRESYNC (RFC 5465 section 5.3); flags have MODSEQ (RFC 7162).
@ mailbox a 3
a C: ENABLE QRESYNC
a S: * ENABLED QRESYNC
a S: OK
a C: SELECT a
a S: ...
a S: OK
a C: NOTIFY SET (selected (MessageNew (UID MODSEQ) MessageExpunge FlagChange))
a S: OK
b C: SELECT a
b S: ...
b S: OK
b C: STORE 2 +FLAGS.SILENT (\Deleted)
b S: OK
a S: * 2 FETCH $items(UID 2, FLAGS $has(\Deleted), MODSEQ ($nz))
b C: EXPUNGE
b S: ...
b S: OK
a S: * VANISHED 2
b C: APPEND a $lit+"x"
b S: ...
b S: OK
a S: ...
a S: * 3 EXISTS
a S: ...
a S: * 3 FETCH (UID 4 MODSEQ ($nz))

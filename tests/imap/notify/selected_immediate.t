# SELECTED: new, changed and expunged messages of the selected mailbox are told at once, without a command (RFC 5465 sections 3.1, 5.1 to 5.3, 6.1.1).
@ rev rev2
@ mailbox a 2
a C: SELECT a
a S: ...
a S: OK
a C: NOTIFY SET (selected (MessageNew MessageExpunge FlagChange))
a S: OK
b C: APPEND a $lit+"x"
b S: OK
a S: * 3 EXISTS
b C: SELECT a
b S: ...
b S: OK
b C: STORE 2 +FLAGS.SILENT (\Deleted)
b S: OK
a S: * 2 FETCH (UID 2 FLAGS (\Deleted))
b C: EXPUNGE
b S: ...
b S: OK
a S: * 2 EXPUNGE
a NONE

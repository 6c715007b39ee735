# FETCH that NOTIFY alone asked for comes behind ADDTO (RFC 5465 section 5.2). While NOTIFY tells nothing of the selected mailbox, contexts are silent; what was held back is told once it tells again.
@ rev rev2
@ mailbox a 1
a C: SELECT a
a S: ...
a S: OK
a C= U1 UID SEARCH RETURN (COUNT UPDATE) FROM "boss"
a S: * ESEARCH (TAG "U1") UID COUNT 0
a S: U1 OK
a C: NOTIFY SET (selected (MessageNew (FLAGS) MessageExpunge FlagChange))
a S: OK
b C: APPEND a $lit+"From: boss\r\n\r\ntext"
b S: OK
a S: * 2 EXISTS
a S: * ESEARCH (TAG "U1") UID ADDTO (0 2)
a S: * 2 FETCH $items(UID 2, FLAGS ())
a NONE
a C: NOTIFY NONE
a S: OK
b C: APPEND a $lit+"From: boss\r\n\r\ntext"
b S: OK
a C: NOOP
a S: OK
a C: NOTIFY SET (selected-delayed (MessageNew MessageExpunge))
a S: * 3 EXISTS
a S: * ESEARCH (TAG "U1") UID ADDTO (0 3)
a S: OK
a NONE

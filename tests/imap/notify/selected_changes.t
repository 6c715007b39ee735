# The groups follow the selection: a mailbox is told of by EXISTS while it is selected, by STATUS when it is not (RFC 5465 sections 3.1 and 6).
@ rev rev2
@ mailbox a
@ mailbox b
a C: NOTIFY SET (selected (MessageNew MessageExpunge)) (mailboxes (a b) (MessageNew MessageExpunge))
a S: OK
a C: SELECT a
a S: ...
a S: OK
b C: APPEND a $lit+"x"
b S: OK
a S: * 1 EXISTS
b C: APPEND b $lit+"x"
b S: OK
a S: * STATUS b (MESSAGES 1 UIDNEXT 2)
a C: SELECT b
a S: ...
a S: OK
b C: APPEND a $lit+"x"
b S: OK
a S: * STATUS a (MESSAGES 2 UIDNEXT 3)
b C: APPEND b $lit+"x"
b S: OK
a S: * 2 EXISTS
a C: UNSELECT
a S: OK
b C: APPEND b $lit+"x"
b S: OK
a S: * STATUS b (MESSAGES 3 UIDNEXT 4)

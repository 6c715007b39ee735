# No FETCH of messages that the client itself puts into the selected mailbox (RFC 5465 section 5.2); of those that come at the same time, yes.
@ rev rev2
@ mailbox a 1
a C: SELECT a
a S: ...
a S: OK
a C: NOTIFY SET (selected (MessageNew (UID) MessageExpunge))
a S: OK
a C: APPEND a $lit+"x"
a S: * 2 EXISTS
a S: OK
a C: UID COPY 1 a
a S: * 3 EXISTS
a S: OK
a C= x1 APPEND a {1}
a S: + $any
b C: APPEND a $lit+"x"
b S: OK
a C= y
a S: * 5 EXISTS
a S: * 4 FETCH (UID 4)
a S: x1 OK
a C: UID REPLACE 1 a $lit+"z"
a S: * OK [APPENDUID $nz 6]
a S: * 1 EXPUNGE
a S: * 5 EXISTS
a S: OK
a NONE

# SELECTED-DELAYED: an expunge waits for a command that may bring it (RFC 5465 section 6.1.2): not FETCH, but NOOP, and IDLE.
@ mailbox a 4
a C: SELECT a
a S: ...
a S: OK
a C: NOTIFY SET (selected-delayed (MessageNew MessageExpunge))
a S: OK
b C: SELECT a
b S: ...
b S: OK
b C: STORE 2 +FLAGS.SILENT (\Deleted)
b S: OK
b C: EXPUNGE
b S: ...
b S: OK
b C: APPEND a $lit+"x"
b S: ...
b S: OK
a S: * 5 EXISTS
a C: FETCH 3 (UID)
a S! * 2 EXPUNGE
a S: ...
a S: * 3 FETCH (UID 3)
a S: OK
a C: NOOP
a S: * 2 EXPUNGE
a S: ...
a S: OK
b C: STORE 1 +FLAGS.SILENT (\Deleted)
b S: OK
b C: EXPUNGE
b S: ...
b S: OK
a C: IDLE
a S: ...
a S: + $any
a S: ...
a S: * 1 EXPUNGE
a C= DONE
a S: ...
a S: OK

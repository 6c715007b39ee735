# With UIDONLY the pushed responses are UIDFETCH and VANISHED (RFC 9586 sections 3.3 and 3.6).
@ mailbox a 3
a C: ENABLE UIDONLY
a S: * ENABLED UIDONLY
a S: OK
a C: SELECT a
a S: ...
a S: OK
a C: NOTIFY SET (selected (MessageNew (UID FLAGS) MessageExpunge FlagChange))
a S: OK
b C: SELECT a
b S: ...
b S: OK
b C: STORE 2 +FLAGS.SILENT (\Deleted)
b S: OK
a S: * 2 UIDFETCH (FLAGS $has(\Deleted))
b C: EXPUNGE
b S: ...
b S: OK
a S: * VANISHED 2
b C: APPEND a (\Seen) $lit+"x"
b S: ...
b S: OK
a S: ...
a S: * 3 EXISTS
a S: ...
a S: * 4 UIDFETCH {{\(.*FLAGS \(.*\\Seen.*\)\)}}

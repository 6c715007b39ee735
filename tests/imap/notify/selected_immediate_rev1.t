# The same for IMAP4rev1: RECENT may come with EXISTS (RFC 5465 section 5.2); the FETCH of changed flags has the UID (section 5.1).
@ rev rev1
@ mailbox a 2
a C: SELECT a
a S: ...
a S: OK
a C: NOTIFY SET (selected (MessageNew MessageExpunge FlagChange))
a S: OK
b C: APPEND a $lit+"x"
b S: OK
a S: * 3 EXISTS
a S: * 3 RECENT
b C: EXAMINE a
b S: ...
b S: OK
b C: SELECT a
b S: ...
b S: OK
b C: STORE 2 +FLAGS.SILENT (\Deleted)
b S: OK
a S: * 2 FETCH (UID 2 FLAGS $set(\Deleted \Recent))
b C: EXPUNGE
b S: ...
b S: OK
a S: * 2 EXPUNGE

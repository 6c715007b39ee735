# An idling session is told of an expunge by another at once (RFC 2177 section 3).
@ mailbox INBOX 3

a C: SELECT INBOX
a S: ...
a S: OK [READ-WRITE]
a C: IDLE
a S: + $any
b C: SELECT INBOX
b S: ...
b S: OK
b C: STORE 2 +FLAGS.SILENT (\Deleted)
b S: OK
b C: EXPUNGE
b S: ...
b S: * 2 EXPUNGE
b S: ...
b S: OK
a S: ...
a S: * 2 EXPUNGE
a C= DONE
a S: ...
a S: OK

# Messages that another session expunged are in no thread, the others keep their numbers, and EXPUNGE waits (RFC 5256 section 3), of which EXPUNGEISSUED tells (RFC 5530 section 3). UID THREAD tells it.
@ mailbox INBOX 4

a C: SELECT INBOX
a S: ...
a S: OK
b C: SELECT INBOX
b S: ...
b S: OK
b C: STORE 2 +FLAGS.SILENT (\Deleted)
b S: OK
b C: EXPUNGE
b S: ...
b S: OK
a C: THREAD REFERENCES UTF-8 ALL
a S! * 2 EXPUNGE
a S: * THREAD (1)(3)(4)
a S: OK [EXPUNGEISSUED] $text
a C: UID THREAD REFERENCES UTF-8 ALL
a S: * THREAD (1)(3)(4)
a S: * 2 EXPUNGE
[rev1] a S: ...
a S: OK UID THREAD completed
a C: THREAD REFERENCES UTF-8 ALL
a S: * THREAD (1)(2)(3)
a S: OK THREAD completed

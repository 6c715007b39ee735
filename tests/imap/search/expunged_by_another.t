# Messages that another session expunged are not found, the others keep their numbers, and EXPUNGE waits (RFC 9051 section 7.5.1), of which EXPUNGEISSUED tells (RFC 5530 section 3).
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
a C: SEARCH SUBJECT message
a S! * 2 EXPUNGE
[rev1] a S: * SEARCH 1 3 4
[rev2] a S: * ESEARCH (TAG $any) ALL 1,3:4
a S: OK [EXPUNGEISSUED] $text
a C: SEARCH 2:3
a S! * 2 EXPUNGE
[rev1] a S: * SEARCH 3
[rev2] a S: * ESEARCH (TAG $any) ALL 3
a S: OK
a C: UID SEARCH ALL
[rev1] a S: * SEARCH 1 3 4
[rev2] a S: * ESEARCH (TAG $any) UID ALL 1,3:4
a S: * 2 EXPUNGE
[rev1] a S: ...
a S: OK
a C: SEARCH ALL
[rev1] a S: * SEARCH 1 2 3
[rev2] a S: * ESEARCH (TAG $any) ALL 1:3
a S: OK SEARCH completed

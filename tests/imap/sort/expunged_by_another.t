# Messages that another session expunged are not sorted, the others keep their numbers, and EXPUNGE waits (RFC 5256 section 3), of which EXPUNGEISSUED tells (RFC 5530 section 3). UID SORT tells it.
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
a C: SORT (REVERSE SUBJECT) UTF-8 ALL
a S! * 2 EXPUNGE
a S: * SORT 4 3 1
a S: OK [EXPUNGEISSUED] $text
a C: SORT RETURN (COUNT ALL) (REVERSE SUBJECT) UTF-8 ALL
a S! * 2 EXPUNGE
a S: * ESEARCH (TAG $any) COUNT 3 ALL 4,3,1
a S: OK [EXPUNGEISSUED] $text
a C: UID SORT (REVERSE SUBJECT) UTF-8 1:3
a S! * 2 EXPUNGE
a S: * SORT 3 1
a S: OK [EXPUNGEISSUED] $text
a C: UID SORT (REVERSE SUBJECT) UTF-8 ALL
a S: * SORT 4 3 1
a S: * 2 EXPUNGE
[rev1] a S: ...
a S: OK UID SORT completed
a C: SORT (REVERSE SUBJECT) UTF-8 ALL
a S: * SORT 3 2 1
a S: OK SORT completed

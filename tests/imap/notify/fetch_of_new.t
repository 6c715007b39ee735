# MessageNew with FETCH items: EXISTS, then FETCH with what was asked for (RFC 5465 sections 3.1 and 5.2); \Seen is not set by it.
@ rev rev2
@ mailbox a 1
a C: SELECT a
a S: ...
a S: OK
a C: NOTIFY SET (selected (MessageNew (UID FLAGS BODY.PEEK[HEADER.FIELDS (From SUBJECT)]) MessageExpunge))
a S: OK
b C: APPEND a (\Flagged) $lit+"From: alice@example.org\r\nSubject: one\r\nTo: b\r\n\r\ntext"
b S: OK
a S: * 2 EXISTS
a S: * 2 FETCH $items(UID 2, FLAGS (\Flagged), BODY[HEADER.FIELDS (From SUBJECT)] $str"From: alice@example.org\r\nSubject: one\r\n\r\n")
b C: SELECT INBOX
b S: ...
b S: OK
b C: APPEND INBOX $lit+"From: b\r\nSubject: two\r\n\r\ntext"
b S: ...
b S: OK
b C: COPY 1 a
b S: OK
a S: * 3 EXISTS
a S: * 3 FETCH $items(UID 3, FLAGS (), BODY[HEADER.FIELDS (From SUBJECT)] $str"From: b\r\nSubject: two\r\n\r\n")
a NONE

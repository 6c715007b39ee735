# SEARCH RETURN (UPDATE (fetch-att ...)): a new message that comes to match is fetched, between EXISTS and ADDTO; one that comes to match because its flags change is not, nor one of this client's own (RFC 5465 section 7).
@ mailbox INBOX 2
a C: SELECT INBOX
a S: ...
a S: OK
a C= U1 SEARCH RETURN (COUNT UPDATE (UID BODY.PEEK[HEADER.FIELDS (From Subject)])) OR FLAGGED FROM "boss"
a S: * ESEARCH (TAG "U1") COUNT 0
a S: U1 OK
b C: APPEND INBOX $lit+"From: boss\r\nSubject: one\r\n\r\ntext"
b S: OK
b C: APPEND INBOX $lit+"From: nobody\r\nSubject: two\r\n\r\ntext"
b S: OK
a C: NOOP
a S: * 4 EXISTS
a S: ...
a S: * 3 FETCH $items(UID 3, BODY[HEADER.FIELDS (From Subject)] $str"From: boss\r\nSubject: one\r\n\r\n")
a S: * ESEARCH (TAG "U1") ADDTO (0 3)
a S: OK
b C: SELECT INBOX
b S: ...
b S: OK
b C: STORE 4 +FLAGS.SILENT (\Flagged)
b S: OK
a C: NOOP
a S: * 4 FETCH $any
a S: * ESEARCH (TAG "U1") ADDTO (0 4)
a S: OK
a C: APPEND INBOX $lit+"From: boss\r\nSubject: own\r\n\r\ntext"
a S: * 5 EXISTS
a S: ...
a S: * ESEARCH (TAG "U1") ADDTO (0 5)
a S: OK
a C: SEARCH RETURN (UPDATE ()) ALL
a S: BAD
a C: SEARCH RETURN (UPDATE (UID) ALL ALL
a S: BAD
a C: SEARCH RETURN (UPDATE (NOSUCH)) ALL
a S: BAD

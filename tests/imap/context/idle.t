# A session that idles is told of updates at once (RFC 5267 section 4.3.2).
@ mailbox INBOX 3

a C: SELECT INBOX
a S: ...
a S: OK
a C= U1 UID SEARCH RETURN (UPDATE) SUBJECT "new"
a S: * ESEARCH (TAG "U1") UID
a S: U1 OK
a C: IDLE
a S: + $any
b C: APPEND INBOX $lit"Subject: a new one\r\n\r\nx"
b S: ...
b S: OK
a S: * 4 EXISTS
a S: ...
a S: * ESEARCH (TAG "U1") UID ADDTO (0 4)
b C: APPEND INBOX $lit"Subject: another\r\n\r\nx"
b S: ...
b S: OK
a S: * 5 EXISTS
b C: SELECT INBOX
b S: ...
b S: OK
b C: STORE 4 +FLAGS.SILENT (\Deleted)
b S: OK
b C: EXPUNGE
b S: ...
b S: OK
a S: ...
a S: * ESEARCH (TAG "U1") UID REMOVEFROM (0 4)
a S: * 4 EXPUNGE
a C= DONE
a S: ...
a S: OK

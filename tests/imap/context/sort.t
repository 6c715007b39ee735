# SORT RETURN (UPDATE): positions, in the order asked for (RFC 5267 sections 4.3.2 to 4.3.4): what is removed counts in the list before, what is added in the list after it.
@ mailbox INBOX

a C: CAPABILITY
a S: * CAPABILITY $any CONTEXT=SORT $any
a S: OK
a C: APPEND INBOX $lit+"Subject: d\r\n\r\nx" $lit+"Subject: b\r\n\r\nx" $lit+"Subject: f\r\n\r\nx" $lit+"Subject: a\r\n\r\nx"
a S: OK
a C: SELECT INBOX
a S: ...
a S: OK
a C= U1 UID SORT RETURN (UPDATE ALL) (SUBJECT) UTF-8 UNSEEN
a S: * ESEARCH (TAG "U1") UID ALL 4,2,1,3
a S: U1 OK
a C= U2 SORT RETURN (UPDATE COUNT) (REVERSE SUBJECT) UTF-8 ALL
a S: * ESEARCH (TAG "U2") COUNT 4
a S: U2 OK
b C: APPEND INBOX $lit+"Subject: c\r\n\r\nx" $lit+"Subject: cc\r\n\r\nx" $lit+"Subject: g\r\n\r\nx"
b S: ...
b S: OK
a C: NOOP
a S: * 7 EXISTS
a S: ...
a S: * ESEARCH (TAG "U1") UID ADDTO (3 5:6)
a S: * ESEARCH (TAG "U1") UID ADDTO (7 7)
a S: * ESEARCH (TAG "U2") ADDTO (1 7)
a S: * ESEARCH (TAG "U2") ADDTO (4 6,5)
a S: OK
b C: SELECT INBOX
b S: ...
b S: OK
b C: STORE 4,6,1 +FLAGS.SILENT (\Seen)
b S: OK
a C: NOOP
a S: ...
a S: * ESEARCH (TAG "U1") UID REMOVEFROM (4 6,1)
a S: * ESEARCH (TAG "U1") UID REMOVEFROM (1 4)
a S: OK
b C: STORE 1,2 +FLAGS.SILENT (\Deleted)
b S: OK
b C: EXPUNGE
b S: ...
b S: OK
b C: STORE 4 -FLAGS.SILENT (\Seen)
b S: OK
a C: NOOP
a S: * ESEARCH (TAG "U1") UID REMOVEFROM (1 2)
a S: * ESEARCH (TAG "U2") REMOVEFROM (6 2)
a S: * ESEARCH (TAG "U2") REMOVEFROM (3 1)
a S: * 2 EXPUNGE
a S: * 1 EXPUNGE
a S: ...
a S: * ESEARCH (TAG "U1") UID ADDTO (2 6)
a S: OK

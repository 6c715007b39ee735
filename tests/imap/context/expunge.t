# REMOVEFROM with message numbers comes before EXPUNGE, and also where EXPUNGE may not be told yet; ADDTO comes after EXISTS (RFC 5267 sections 4.3.3, 4.3.4, appendix A.3).
# Also RFC 5465 section 5.2.
@ mailbox INBOX 4

a C: SELECT INBOX
a S: ...
a S: OK
a C= U1 SEARCH RETURN (UPDATE ALL) ALL
a S: * ESEARCH (TAG "U1") ALL 1:4
a S: U1 OK
b C: SELECT INBOX
b S: ...
b S: OK
b C: STORE 2 +FLAGS.SILENT (\Deleted)
b S: OK
b C: EXPUNGE
b S: * 2 EXPUNGE
b S: ...
b S: OK
b C: APPEND INBOX $lit"Subject: new\r\n\r\nx"
b S: ...
b S: OK
a C: FETCH 1 UID
a S: * 1 FETCH (UID 1)
a S: * ESEARCH (TAG "U1") REMOVEFROM (0 2)
a S: * 5 EXISTS
a S: ...
a S: * ESEARCH (TAG "U1") ADDTO (0 5)
a S: OK
a C: NOOP
a S: * 2 EXPUNGE
a S: ...
a S: OK
b C: STORE 1,4 +FLAGS.SILENT (\Deleted)
b S: OK
b C: EXPUNGE
b S: ...
b S: OK
a C: NOOP
a S: * ESEARCH (TAG "U1") REMOVEFROM (0 1,4)
a S: * 4 EXPUNGE
a S: * 1 EXPUNGE
a S: ...
a S: OK

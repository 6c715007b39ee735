# A STORE that changes nothing is answered all the same; other sessions hear nothing (RFC 9051 section 6.4.6).
@ mailbox INBOX plain.eml (\Seen)

a C: SELECT INBOX
a S: ...
a S: OK
b C: SELECT INBOX
b S: ...
b S: OK
a C: STORE 1 +FLAGS (\Seen)
a S: * 1 FETCH {{.*}}FLAGS $has(\Seen){{.*}}
a S: OK
b NONE
a C: STORE 1 +FLAGS.SILENT (\Seen)
a S: OK
a NONE

# FLAGS names a new keyword before the first FETCH that shows it, whoever set it (RFC 9051 section 7.3.5).
@ mailbox INBOX 2

a C: SELECT INBOX
a S: ...
a S: OK
b C: SELECT INBOX
b S: ...
b S: OK
b C: STORE 1 +FLAGS ($New)
b S: ...
b S: OK
a C: FETCH 1 FLAGS
a S: * FLAGS $has($New)
a S: ...
a S: OK
b C: STORE 2 +FLAGS ($Newer)
b S: ...
b S: OK
a C: STORE 2 +FLAGS ($Newer)
a S: * FLAGS $has($New $Newer)
a S: ...
a S: OK

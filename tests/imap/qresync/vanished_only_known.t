# What came and went without being announced is in no VANISHED (RFC 7162 section 3.2.10.2); whoever expunges it gets HIGHESTMODSEQ nevertheless.
@ mailbox INBOX 1

a C: ENABLE QRESYNC
a S: * ENABLED QRESYNC
a S: OK
a C: SELECT INBOX
a S: ...
a S: OK
b C: SELECT INBOX
b S: ...
b S: OK
b C: APPEND INBOX (\Deleted) <<
> Subject: x
>
> x
b S: ...
b S: OK
b C: EXPUNGE
b S: ...
b S: OK
a S! * VANISHED
a C: NOOP
a S! * VANISHED $any
a S: ...
a S: OK
b C: APPEND INBOX (\Deleted) <<
> Subject: y
>
> y
b S: ...
b S: OK
a C: EXPUNGE
a S! * VANISHED $any
a S: ...
a S: OK [HIGHESTMODSEQ $nz]

# \Seen that a FETCH sets is told to other sessions (RFC 9051 section 5.2).
@ mailbox INBOX 1

a C: SELECT INBOX
a S: ...
a S: OK
b C: SELECT INBOX
b S: ...
b S: OK
a C: FETCH 1 BODY[TEXT]
a S: * 1 FETCH $items(BODY[TEXT] $any, FLAGS $has(\Seen))
a S: OK
b C: NOOP
[rev1] b S: * 1 FETCH (FLAGS $has(\Seen))
[rev2] b S: * 1 FETCH $items(UID $nz, FLAGS $has(\Seen))
b S: OK
a NONE

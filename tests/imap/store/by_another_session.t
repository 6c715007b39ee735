# Changes of flags by another session come with the next command, FETCH and STORE included (RFC 9051 section 7).
@ mailbox INBOX 2

a C: SELECT INBOX
a S: ...
a S: OK
b C: SELECT INBOX
b S: ...
b S: OK
b C: STORE 1 +FLAGS (\Answered)
b S: * 1 FETCH {{.*}}FLAGS $has(\Answered){{.*}}
b S: OK
a C: FETCH 2 UID
a S~ * 2 FETCH (UID $nz)
[rev1] a S~ * 1 FETCH (FLAGS $has(\Answered))
[rev2] a S~ * 1 FETCH $items(UID $nz, FLAGS $has(\Answered))
a S: OK
a NONE

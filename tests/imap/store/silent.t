# .SILENT gives no FETCH for what this session changed (RFC 9051 section 6.4.6); other sessions are told.
@ mailbox INBOX 2

a C: SELECT INBOX
a S: ...
a S: OK
b C: SELECT INBOX
b S: ...
b S: OK
a C: STORE 1:2 +FLAGS.SILENT (\Flagged)
a S: OK
a NONE
b C: NOOP
[rev1] b S~ * 1 FETCH (FLAGS $has(\Flagged))
[rev1] b S~ * 2 FETCH (FLAGS $has(\Flagged))
[rev2] b S~ * 1 FETCH $items(UID $nz, FLAGS $has(\Flagged))
[rev2] b S~ * 2 FETCH $items(UID $nz, FLAGS $has(\Flagged))
b S: OK
a C: STORE 1 -FLAGS.SILENT \Flagged
a S: OK
a C: FETCH 1:2 FLAGS
[rev1] a S: * 1 FETCH (FLAGS $set(\Recent))
[rev1] a S: * 2 FETCH (FLAGS $set(\Flagged \Recent))
[rev2] a S: * 1 FETCH (FLAGS ())
[rev2] a S: * 2 FETCH (FLAGS $set(\Flagged))
a S: OK

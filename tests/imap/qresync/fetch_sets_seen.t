# FETCH that sets \Seen: FLAGS, UID and MODSEQ; other clients too (RFC 7162 section 3.2.4). FETCH without them says only what was asked for.
@ mailbox INBOX 2

a C: ENABLE QRESYNC
a S: * ENABLED QRESYNC
a S: OK
a C: SELECT INBOX
a S: ...
a S: OK
b C: ENABLE QRESYNC
b S: * ENABLED QRESYNC
b S: OK
b C: SELECT INBOX
b S: ...
b S: OK
a C: FETCH 1 (BODY[TEXT])
a S: * 1 FETCH $items(UID 1, FLAGS $has(\Seen), MODSEQ (${m}), BODY[TEXT] $string)
a S: OK
a C: FETCH 1 (RFC822.SIZE)
a S: * 1 FETCH (RFC822.SIZE $nz)
a S: OK
a C: UID FETCH 1 (FLAGS)
a S: * 1 FETCH $items(UID 1, FLAGS $has(\Seen), MODSEQ (${m}))
a S: OK
b C: NOOP
b S: * 1 FETCH $items(UID 1, FLAGS $has(\Seen), MODSEQ (${m}))
b S: OK

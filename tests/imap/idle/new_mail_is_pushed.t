# An idling session is told of new mail and of flags that another changes (RFC 9051 section 6.3.13).
@ mailbox INBOX 1
a C: SELECT INBOX
a S: ...
a S: OK
a C: IDLE
a S: + $any
b C: APPEND INBOX $lit+"Subject: x\r\n\r\nx\r\n"
b S: ...
b S: OK
a S: * 2 EXISTS
[rev1] a S: * $num RECENT
b C: SELECT INBOX
b S: ...
b S: OK
b C: STORE 1 +FLAGS.SILENT (\Flagged)
b S: OK
[rev1] a S: * 1 FETCH (FLAGS $has(\Flagged))
[rev2] a S: * 1 FETCH $items(UID 1, FLAGS $has(\Flagged))
a C= DONE
a S: ...
a S: OK

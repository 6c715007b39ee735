# Only the first session that selects the mailbox sees \Recent (RFC 3501 section 2.3.2).
@ rev rev1
@ mailbox INBOX 1

a C: SELECT INBOX
a S: ...
a S: * 1 RECENT
a S: ...
a S: OK
a C: FETCH 1 FLAGS
a S: * 1 FETCH (FLAGS (\Recent))
a S: OK
b C: SELECT INBOX
b S: ...
b S: * 0 RECENT
b S: ...
b S: OK
b C: FETCH 1 FLAGS
b S: * 1 FETCH (FLAGS ())
b S: OK
a C: FETCH 1 FLAGS
a S: * 1 FETCH (FLAGS (\Recent))
a S: OK

# What others change is told as UIDFETCH and VANISHED, in IDLE, too (RFC 9586 section 3.6).
@ mailbox INBOX 4

a C: ENABLE UIDONLY
a S: * ENABLED UIDONLY
a S: OK
a C: SELECT INBOX
a S: ...
a S: OK
b C: SELECT INBOX
b S: ...
b S: OK
b C: STORE 3 +FLAGS (\Flagged)
b S: ...
b S: OK
a C: NOOP
a S: * 3 UIDFETCH (FLAGS $has(\Flagged))
a S: OK
a C: IDLE
a S: + $any
b C: STORE 2 +FLAGS (\Deleted)
b S: ...
b S: OK
a S: * 2 UIDFETCH (FLAGS $has(\Deleted))
b C: EXPUNGE
b S: * 2 EXPUNGE
b S: ...
b S: OK
a S: * VANISHED 2
a C= DONE
a S: ...
a S: OK

# Two sessions that add flags to a message both succeed: STORE works on what is there now.
@ mailbox INBOX 1

a C: SELECT INBOX
a S: ...
a S: OK
b C: SELECT INBOX
b S: ...
b S: OK
a C: STORE 1 +FLAGS.SILENT (\Answered)
a S: OK
b C: STORE 1 +FLAGS (\Flagged)
b S: ...
b S: * 1 FETCH {{.*}}FLAGS $has(\Answered \Flagged){{.*}}
b S: ...
b S: OK
a C: NOOP
a S: * 1 FETCH {{.*}}FLAGS $has(\Answered \Flagged){{.*}}
a S: OK

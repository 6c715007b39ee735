# STORE on numbers whose messages another session expunged: the rest is stored, NO [EXPUNGEISSUED]; no EXPUNGE before the next command
# (RFC 2180 section 4.2, RFC 9051 section 7.5.1).
@ mailbox INBOX 3

a C: SELECT INBOX
a S: ...
a S: OK
b C: SELECT INBOX
b S: ...
b S: OK
b C: STORE 1 +FLAGS.SILENT (\Deleted)
b S: OK
b C: EXPUNGE
b S: * 1 EXPUNGE
[rev1] b S: ...
b S: OK
a C: STORE 1:2 +FLAGS (\Flagged)
a S! * 1 EXPUNGE
a S: * 2 FETCH {{.*}}FLAGS $has(\Flagged){{.*}}
a S: NO [EXPUNGEISSUED]
a C: STORE 3 +FLAGS.SILENT (\Flagged)
a S! * 1 EXPUNGE
a S: OK
a C: UID STORE 1:* +FLAGS (\Seen)
a S: ...
a S: * 1 EXPUNGE
a S: ...
a S: OK
b C: NOOP
b S: ...
b S: OK
b C: SEARCH FLAGGED SEEN
[rev1] b S: * SEARCH 1 2
[rev2] b S: * ESEARCH (TAG $any) ALL 1:2
b S: OK

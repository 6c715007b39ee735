# FLAGS replaces, +FLAGS adds, -FLAGS removes; the new flags are told (RFC 9051 section 6.4.6).
@ mailbox INBOX plain.eml (\Flagged Work)

C: EXAMINE INBOX
S: ...
S: OK
C: SELECT INBOX
S: ...
S: OK
C: STORE 1 +FLAGS (\Seen $Forwarded)
S: ...
S: * 1 FETCH {{.*}}FLAGS $has(\Seen \Flagged Work $Forwarded){{.*}}
S: OK
C: STORE 1 -FLAGS (\Flagged work)
S: * 1 FETCH {{.*}}FLAGS $has(\Seen $Forwarded){{.*}}
S: OK
C: STORE 1 FLAGS (\Answered)
S: * 1 FETCH {{.*}}FLAGS $has(\Answered){{.*}}
S: OK
C: UID FETCH 1:* FLAGS
[rev1] S: * 1 FETCH $items(UID $nz, FLAGS $set(\Answered \Recent))
[rev2] S: * 1 FETCH $items(UID $nz, FLAGS $set(\Answered))
S: OK
C: STORE 1 FLAGS ()
S: * 1 FETCH {{.*}}FLAGS ({{(\\Recent)?}}){{.*}}
S: OK

# FETCH, STORE and SEARCH by number never bring EXPUNGE; COPY and NOOP do (RFC 9051 section 7.5.1, RFC 2180 section 4.4.2).
@ mailbox INBOX 4
@ mailbox Other

a C: SELECT INBOX
a S: ...
a S: OK
b C: SELECT INBOX
b S: ...
b S: OK
b C: STORE 2 +FLAGS.SILENT (\Deleted)
b S: OK
b C: EXPUNGE
b S: * 2 EXPUNGE
b S: ...
b S: OK
a C: FETCH 1 UID
a S! * 2 EXPUNGE
a S: ...
a S: OK
a C: STORE 1 +FLAGS.SILENT (\Seen)
a S! * 2 EXPUNGE
a S: ...
a S: OK
a C: SEARCH ALL
a S! * 2 EXPUNGE
[rev1] a S: * SEARCH 1 3 4
[rev2] a S: * ESEARCH (TAG $any) ALL 1,3:4
a S: OK
a C: COPY 3:4 Other
a S: * 2 EXPUNGE
[rev1] a S: * 3 RECENT
a S: OK [COPYUID $nz $nz:$nz $nz:$nz]

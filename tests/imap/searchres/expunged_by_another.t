# What another session expunged falls out of $: OK, not EXPUNGEISSUED (RFC 9051 section 6.4.4.1; RFC 5182 section 2.1).
@ needs SEARCHRES
@ mailbox INBOX 3

a C: SELECT INBOX
a S: ...
a S: OK
a C: SEARCH RETURN (SAVE) 1:2
a S: OK
b C: SELECT INBOX
b S: ...
b S: OK
b C: STORE 1 +FLAGS.SILENT (\Deleted)
b S: OK
b C: EXPUNGE
b S: ...
b S: OK
a C: FETCH $ UID
a S! * 1 EXPUNGE
a S: * 2 FETCH (UID 2)
a S: OK
a C: STORE $ +FLAGS.SILENT (\Seen)
a S! * 1 EXPUNGE
a S: OK
a C: NOOP
a S: * 1 EXPUNGE
[rev1] a S: ...
a S: OK
a C: FETCH $ UID
a S: * 1 FETCH (UID 2)
a S: OK

# No VANISHED in FETCH, STORE, SEARCH, nor in UID SEARCH with message numbers; in other UID commands it may come. While it is held back, a lower
# HIGHESTMODSEQ (RFC 7162 sections 3.2 and 3.2.10.2).
@ mailbox INBOX 3

a C: ENABLE QRESYNC
a S: * ENABLED QRESYNC
a S: OK
a C: SELECT INBOX
a S: ...
a S: * OK [HIGHESTMODSEQ ${high}]
a S: ...
a S: OK
b C: SELECT INBOX
b S: ...
b S: OK
b C: STORE 3 +FLAGS.SILENT (\Deleted)
b S: OK
b C: EXPUNGE
b S: * 3 EXPUNGE
b S: ...
b S: OK
a C: SEARCH DELETED
a S: ...
a S: OK
a C: UID SEARCH 1:3
[rev1] a S: * SEARCH 1 2
[rev2] a S: * ESEARCH (TAG $any) UID ALL 1:2
a S: OK
a C: FETCH 1 (MODSEQ)
a S: * 1 FETCH (MODSEQ ($nz))
a S: * OK [HIGHESTMODSEQ ${high}]
a S: OK
a C: STORE 1 +FLAGS.SILENT (\Seen)
a S: * 1 FETCH (UID 1 MODSEQ (${new}))
a S: * OK [HIGHESTMODSEQ ${high}]
a S: OK
a C: UID SEARCH UID 1
[rev1] a S: * SEARCH 1
[rev2] a S: * ESEARCH (TAG $any) UID ALL 1
a S: * VANISHED 3
a S: ...
a S: OK [HIGHESTMODSEQ ${new}]

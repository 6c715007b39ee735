# COPY of numbers of which some are gone copies the rest; of nothing but those: NO [EXPUNGEISSUED] (RFC 2180 section 4.4.2).
@ mailbox INBOX 3
@ mailbox Other

a C: SELECT INBOX
a S: ...
a S: OK
b C: SELECT INBOX
b S: ...
b S: OK
b C: STORE 1 +FLAGS.SILENT (\Deleted)
b S: OK
b C: EXPUNGE
b S: ...
b S: OK
a C: COPY 1:2 Other
a S: * 1 EXPUNGE
[rev1] a S: ...
a S: OK [COPYUID $nz 2 1]
b C: STORE 1 +FLAGS.SILENT (\Deleted)
b S: OK
b C: EXPUNGE
b S: ...
b S: OK
a C: COPY 1 Other
a S: * 1 EXPUNGE
[rev1] a S: ...
a S: NO [EXPUNGEISSUED]

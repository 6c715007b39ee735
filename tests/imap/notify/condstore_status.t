# With CONDSTORE, STATUS has HIGHESTMODSEQ; FlagChange in another mailbox tells UIDVALIDITY, too (RFC 5465 sections 5.1, 5.2 and 5.3).
@ mailbox a 2
a C: ENABLE CONDSTORE
a S: * ENABLED CONDSTORE
a S: OK
a C: NOTIFY SET (mailboxes a (MessageNew MessageExpunge FlagChange))
a S: OK
b C: SELECT a
b S: ...
b S: OK
b C: STORE 1 +FLAGS.SILENT (\Flagged)
b S: OK
a S: * STATUS a (UIDVALIDITY $nz UNSEEN 2 HIGHESTMODSEQ ${one=[0-9]+})
b C: STORE 1 +FLAGS.SILENT (\Seen)
b S: OK
a S: * STATUS a (UIDVALIDITY $nz UNSEEN 1 HIGHESTMODSEQ $nz)
b C: APPEND a $lit+"x"
b S: ...
b S: OK
a S: * STATUS a (MESSAGES 3 UIDNEXT 4 UIDVALIDITY $nz UNSEEN 2 HIGHESTMODSEQ $nz)
b C: STORE 1 +FLAGS.SILENT (\Deleted)
b S: OK
a S: * STATUS a (UIDVALIDITY $nz UNSEEN 2 HIGHESTMODSEQ $nz)
b C: EXPUNGE
b S: ...
b S: OK
a S: * STATUS a (MESSAGES 2 UIDNEXT 4 UIDVALIDITY $nz UNSEEN 2 HIGHESTMODSEQ $nz)

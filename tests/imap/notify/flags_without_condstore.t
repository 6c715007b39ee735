# FlagChange in another mailbox without CONDSTORE: STATUS when the number of unseen messages changes; of other flags there is nothing to tell
# (RFC 5465 section 5.1).
@ mailbox a 2
a C: NOTIFY SET (mailboxes a (MessageNew MessageExpunge FlagChange))
a S: OK
b C: SELECT a
b S: ...
b S: OK
b C: STORE 1 +FLAGS.SILENT (\Flagged)
b S: OK
a NONE
b C: STORE 1 +FLAGS.SILENT (\Seen)
b S: OK
a S: * STATUS a (UIDVALIDITY $nz UNSEEN 1)
a NONE

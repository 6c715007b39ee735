# What waited in the selected mailbox (here an expunge: SELECTED-DELAYED) is not lost when the client leaves it without having been told: the mailbox
# is one of the others then, and its STATUS is told (RFC 5465 sections 5.1 to 5.3 and 6.1.2). Its own CLOSE is its own change: nothing is told of that.
@ mailbox a 4
@ mailbox b
a C: ENABLE QRESYNC
a S: ...
a S: OK
a C: NOTIFY SET (selected-delayed (MessageNew MessageExpunge FlagChange)) (personal (MessageNew MessageExpunge FlagChange))
a S: OK
b C: SELECT a
b S: ...
b S: OK
a C: SELECT a
a S: ...
a S: OK
b C: STORE 1:3 +FLAGS.SILENT (\Deleted)
b S: OK
b C: UID EXPUNGE 2
b S: ...
b S: OK
a S: ...
a S: * $any FETCH (UID 3 FLAGS (\Deleted) MODSEQ $any)
a C: SELECT b
a S: ...
a S: * STATUS a (MESSAGES 3 $any)
a S: * OK [CLOSED] $any
a S: ...
a S: OK
a C: SELECT a
a S! * STATUS b $any
a S: ...
a S: OK
b C: UID EXPUNGE 3
b S: ...
b S: OK
b C: UID STORE 1 +FLAGS.SILENT (\Flagged)
b S: OK
a S: * 1 FETCH $any
a C: UNSELECT
a S: * STATUS a (MESSAGES 2 $any)
a S: OK
a C: SELECT a
a S: ...
a S: OK
a C: CLOSE
a S! * STATUS a $any
a S: OK
a C: NOOP
a S: OK

# What happened to names before a SELECT is told before its answer, so that it does not seem to be about the mailbox that SELECT opened
# (RFC 5465 section 5.4). The command is under way, and nothing can be told, while the others happen.
@ mailbox box 1
a C: NOTIFY SET (personal (MessageNew MessageExpunge MailboxName))
a S: OK
a C= x1 SELECT {3}
a S: + $any
b C: RENAME box old
b S: OK
b C: CREATE box
b S: OK
a C= box
a S: * LIST (\HasNoChildren) "/" old ("OLDNAME" (box))
a S: * LIST (\HasNoChildren) "/" box
a S: * FLAGS $any
a S: * OK [PERMANENTFLAGS $any] $any
a S: * 0 EXISTS
a S! * LIST $any "OLDNAME" $any
a S: ...
a S: x1 OK $any
a NONE

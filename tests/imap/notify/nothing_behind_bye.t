# Behind BYE nothing comes, whatever NOTIFY has to tell of the mailbox that was deleted (RFC 9051 section 7.1.5, RFC 5465 section 5.4).
@ rev rev1
@ mailbox box 1
@ mailbox other

a C: SELECT box
a S: ...
a S: OK
a C: NOTIFY SET (selected (MessageNew MessageExpunge)) (personal (MessageNew MessageExpunge MailboxName))
a S: OK
a C: IDLE
a S: + $any
b C: DELETE box
b S: OK
a S: * BYE $any
a CLOSED

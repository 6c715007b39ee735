# A selected mailbox that another session deleted has no name any more: it is passed over (RFC 7377 section 2.1 wants MAILBOX in each response), and CLOSED says what happened.
@ rev rev2
@ mailbox box 3
@ mailbox other 2

a C: SELECT box
a S: ...
a S: OK
b C: DELETE box
b S: OK
a C: ESEARCH IN (selected mailboxes other) RETURN (COUNT) ALL
a S: * ESEARCH (TAG $any MAILBOX other UIDVALIDITY $nz) UID COUNT 2
a S: * OK [CLOSED] $text
a S: OK

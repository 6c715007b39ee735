# Who has a mailbox selected that another deletes is logged out in IMAP4rev1 (RFC 2180 section 3.3); who deletes it himself is not.
@ rev rev1
@ mailbox box 1
a C: SELECT box
a S: ...
a S: OK
b C: SELECT box
b S: ...
b S: OK
b C: DELETE box
b S: ...
b S: OK
b C: SELECT INBOX
b S: ...
b S: OK
a C: NOOP
a S: * BYE $text
a CLOSED

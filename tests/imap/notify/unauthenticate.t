# UNAUTHENTICATE ends NOTIFY (RFC 8437 section 3).
@ users 2
@ mailbox a
a C: NOTIFY SET (personal (MessageNew MessageExpunge MailboxName))
a S: OK
a C: UNAUTHENTICATE
a S: OK
b C: APPEND a $lit+"x"
b S: OK
a C: NOOP
a S: OK

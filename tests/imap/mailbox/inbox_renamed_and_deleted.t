# INBOX is renamed and the new mailbox deleted before a session that has INBOX selected looks again: it is told that its messages are gone
# (RFC 9051 section 6.3.6).
@ mailbox INBOX 3
a C: SELECT INBOX
a S: ...
a S: OK [READ-WRITE]
b C: RENAME INBOX gone
b S: OK
b C: DELETE gone
b S: OK
a C: NOOP
a S: ...
a S: OK
a C: STATUS INBOX (MESSAGES)
a S: * STATUS INBOX (MESSAGES 0)
a S: OK

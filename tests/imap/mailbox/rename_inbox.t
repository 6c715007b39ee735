# RENAME INBOX moves its messages; INBOX stays, empty (RFC 9051 section 6.3.6).
@ mailbox INBOX 3
C: CREATE INBOX/sub
S: OK
C: RENAME INBOX old
S: OK
C: STATUS old (MESSAGES)
S: * STATUS old (MESSAGES 3)
S: OK
C: STATUS INBOX (MESSAGES)
S: * STATUS INBOX (MESSAGES 0)
S: OK
C: LIST "" (INBOX/* old/*)
S: * LIST $any "/" INBOX/sub
S: OK

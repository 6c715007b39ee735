# In a mailbox opened read-only nothing can be removed: NO, and nothing is appended (RFC 8508 section 3.2).
@ mailbox INBOX 2
@ mailbox Other
C: EXAMINE INBOX
S: ...
S: OK
C= a1 REPLACE 1 Other {5}
S: a1 NO $text
C: UID REPLACE 1 INBOX $lit+"Subject: a\r\n\r\nx"
S: NO
C: NOOP
S: OK
C: LIST "" (INBOX Other) RETURN (STATUS (MESSAGES))
S: ...
S: * STATUS INBOX (MESSAGES 2)
S: ...
S: * STATUS Other (MESSAGES 0)
S: OK

# UNAUTHENTICATE resets all but TLS; another user may log in (RFC 8437).
@ users 2
@ mailbox INBOX 2
C: SELECT INBOX
S: ...
S: OK
C: UNAUTHENTICATE
S: OK
C: SELECT INBOX
S: BAD
C: LOGIN ${user2} $lit+"${password2}"
S: OK
C: STATUS INBOX (MESSAGES RECENT)
S: * STATUS INBOX (MESSAGES 0 RECENT 0)
S: OK

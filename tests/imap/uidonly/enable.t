# UIDONLY holds once it was enabled, not before, also for a mailbox that is selected already; UNAUTHENTICATE ends it (RFC 9586 section 3.1, RFC 8437 section 3).
@ mailbox INBOX 2

C: SELECT INBOX
S: ...
S: OK
C: FETCH 1 UID
S: * 1 FETCH (UID 1)
S: OK
C: ENABLE uidonly
S: * ENABLED UIDONLY
S: OK
C: FETCH 1 UID
S: BAD [UIDREQUIRED] $text
C: UID FETCH 1 UID
S: * 1 UIDFETCH (UID 1)
S: OK
C: ENABLE UIDONLY
S: * ENABLED UIDONLY
S: OK
C: UNAUTHENTICATE
S: OK
C: LOGIN ${user} $lit+"se\"c\\ret"
S: OK
C: SELECT INBOX
S: ...
S: OK
C: FETCH 1 UID
S: * 1 FETCH (UID 1)
S: OK

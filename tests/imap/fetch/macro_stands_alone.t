# A macro may not stand in a list (RFC 9051 section 6.4.5).
@ mailbox INBOX 1

C: SELECT INBOX
S: ...
S: OK
C: FETCH 1 (ALL)
S: BAD
C: FETCH 1 FULL FLAGS
S: BAD
C: FETCH 1 (FLAGS UID)
S: * 1 FETCH $items(FLAGS ($any), UID $nz)
S: OK

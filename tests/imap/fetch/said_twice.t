# An item that is asked for twice is answered once.
@ mailbox INBOX 1

C: SELECT INBOX
S: ...
S: OK
C: FETCH 1 (UID UID FLAGS UID FLAGS)
S: * 1 FETCH $items(UID $nz, FLAGS ($any))
S: OK

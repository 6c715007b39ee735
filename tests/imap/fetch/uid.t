# UID FETCH takes UIDs, passes over those that are not there, and always answers with UID (RFC 9051 section 6.4.9).
@ mailbox INBOX 3

C: SELECT INBOX
S: ...
S: OK
C: FETCH 1:3 UID
S: * 1 FETCH (UID ${one})
S: * 2 FETCH (UID ${two})
S: * 3 FETCH (UID ${three})
S: OK
C: UID FETCH ${two} FLAGS
S: * 2 FETCH $items(UID ${two}, FLAGS ($any))
S: OK
C: UID FETCH ${two} (UID RFC822.SIZE)
S: * 2 FETCH $items(UID ${two}, RFC822.SIZE $nz)
S: OK
C: UID FETCH 4000000000 FLAGS
S: OK
C: UID FETCH 4000000000:* UID
S: * 3 FETCH (UID ${three})
S: OK
C: UID FETCH *:${two} UID
S: * 2 FETCH (UID ${two})
S: * 3 FETCH (UID ${three})
S: OK

# UID STORE: UIDs that are not there are passed over, answers carry UID (RFC 9051 section 6.4.9).
@ mailbox INBOX 3

C: SELECT INBOX
S: ...
S: OK
C: FETCH 2 UID
S: * 2 FETCH (UID ${two})
S: OK
C: UID STORE ${two} +FLAGS (\Deleted)
S: * 2 FETCH $items(UID ${two}, FLAGS $has(\Deleted))
S: OK
C: UID STORE 4000000000 +FLAGS (\Deleted)
S: OK
C: UID STORE ${two} +FLAGS (\Deleted)
S: * 2 FETCH $items(UID ${two}, FLAGS $has(\Deleted))
S: OK

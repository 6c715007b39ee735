# Sets of numbers: ranges either way, "*", overlapping; each message is answered once (RFC 9051 section 9, sequence-set).
@ mailbox INBOX 5

C: SELECT INBOX
S: ...
S: OK
C: FETCH 4:2,3,* UID
S: * 2 FETCH (UID $nz)
S: * 3 FETCH (UID $nz)
S: * 4 FETCH (UID $nz)
S: * 5 FETCH (UID $nz)
S: OK
C: FETCH *:5 UID
S: * 5 FETCH (UID $nz)
S: OK

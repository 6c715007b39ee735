# MOVE into the selected mailbox gives new UIDs and removes the old ones.
@ mailbox INBOX 2

C: SELECT INBOX
S: ...
S: OK
C: MOVE 1 INBOX
S: * OK [COPYUID $nz 1 3]
S: * 1 EXPUNGE
S: * 2 EXISTS
[rev1] S: ...
S: OK
C: FETCH 1:2 UID
S: * 1 FETCH (UID 2)
S: * 2 FETCH (UID 3)
S: OK

# DELETE of a mailbox with children keeps the children (RFC 9051 section 6.3.5).
C: CREATE p
S: OK
C: CREATE p/child
S: OK
C: DELETE p
S: OK
C: SELECT p
S: NO [NONEXISTENT]
C: LIST "" p/*
S: * LIST $any "/" p/child
S: OK
[rev1] C: LIST "" p%
[rev1] S: * LIST $has(\Noselect \HasChildren) "/" p
[rev1] S: OK
[rev2] C: LIST "" p%
[rev2] S: * LIST $has(\NonExistent \HasChildren) "/" p
[rev2] S: OK
C: CREATE p
S: OK
C: SELECT p
S: ...
S: OK

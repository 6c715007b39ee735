# An empty mailbox has an empty answer, however often (RFC 10022 section 3.1.6); a small one is a single batch (section 3.1.4).
@ mailbox Empty
@ mailbox Small 3

C: SELECT Empty
S: ...
S: OK
C: UIDBATCHES 500
S: * UIDBATCHES (TAG $any)
S: OK
C: UIDBATCHES 500
S: * UIDBATCHES (TAG $any)
S: OK
C: UIDBATCHES 500 1:3
S: * UIDBATCHES (TAG $any)
S: OK
C: SELECT Small
S: ...
S: OK
C: UIDBATCHES 500
S: * UIDBATCHES (TAG $any) 3:1
S: OK
C: UIDBATCHES 500 2:3
S: * UIDBATCHES (TAG $any)
S: OK
C: UIDBATCHES 500 2:3
S: * UIDBATCHES (TAG $any)
S: OK

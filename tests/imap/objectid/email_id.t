# EMAILID: the same whenever asked, and for the message that COPYUID pairs with it after COPY and MOVE (RFC 8474 section 5.1); different
# flags are no matter. Never the same as a THREADID (section 5.2).
@ mailbox INBOX 3
@ mailbox Other
C: SELECT INBOX
S: ...
S: OK
C: FETCH 1:3 (EMAILID)
S: * 1 FETCH (EMAILID (${one=M[A-Za-z0-9_-]+}))
S: * 2 FETCH (EMAILID (${two=M[A-Za-z0-9_-]+}))
S: * 3 FETCH (EMAILID (${three=M[A-Za-z0-9_-]+}))
S: OK
C: SEARCH EMAILID ${one}
[rev1] S: * SEARCH 1
[rev2] S: * ESEARCH (TAG $any) ALL 1
S: OK
C: FETCH 2 (EMAILID THREADID UID)
S: * 2 FETCH $items(EMAILID (${two}), THREADID (${thread=T[A-Za-z0-9_-]+}), UID $nz)
S: OK
C: COPY 1 Other
S: OK [COPYUID $nz $nz ${copy}]
C: STORE 1 +FLAGS.SILENT (\Flagged)
S: OK
C: MOVE 3 Other
S: * OK [COPYUID $nz $nz ${moved}]
S: ...
S: OK
C: FETCH 1:2 EMAILID
S: * 1 FETCH (EMAILID (${one}))
S: * 2 FETCH (EMAILID (${two}))
S: OK
C: SELECT Other
S: ...
S: OK
C: UID FETCH ${copy},${moved} (EMAILID)
S: * 1 FETCH $items(UID ${copy}, EMAILID (${one}))
S: * 2 FETCH $items(UID ${moved}, EMAILID (${three}))
S: OK
C: UID SEARCH EMAILID ${three}
[rev1] S: * SEARCH ${moved}
[rev2] S: * ESEARCH (TAG $any) UID ALL ${moved}
S: OK
C: RENAME Other New
S: ...
S: OK
C: SELECT New
S: ...
S: OK
C: FETCH 1:2 (EMAILID)
S: * 1 FETCH (EMAILID (${one}))
S: * 2 FETCH (EMAILID (${three}))
S: OK

# SAVE alone gives no response; $ works in FETCH, STORE, COPY, SEARCH and their UID forms (RFC 5182, RFC 9051 section 6.4.4.1).
@ needs SEARCHRES
@ mailbox INBOX 4
@ mailbox Other

C: SELECT INBOX
S: ...
S: OK
C: SEARCH RETURN (SAVE) OR SUBJECT "message 2" SUBJECT "message 4"
S: OK
C: FETCH $ UID
S: * 2 FETCH (UID 2)
S: * 4 FETCH (UID 4)
S: OK
C: UID FETCH $ (UID)
S: * 2 FETCH (UID 2)
S: * 4 FETCH (UID 4)
S: OK
C: UID SEARCH UID $ 1:3
[rev1] S: * SEARCH 2
[rev2] S: * ESEARCH (TAG $any) UID ALL 2
S: OK
C: SEARCH $ SUBJECT message
[rev1] S: * SEARCH 2 4
[rev2] S: * ESEARCH (TAG $any) ALL 2,4
S: OK
C: SEARCH OR $ 1
[rev1] S: * SEARCH 1 2 4
[rev2] S: * ESEARCH (TAG $any) ALL 1:2,4
S: OK
C: SEARCH NOT $
[rev1] S: * SEARCH 1 3
[rev2] S: * ESEARCH (TAG $any) ALL 1,3
S: OK
C: COPY $ Other
S: OK [COPYUID $nz 2,4 1:2]
C: STORE $ +FLAGS.SILENT (\Deleted)
S: OK
C: UID EXPUNGE $
S: * 4 EXPUNGE
S: * 2 EXPUNGE
[rev1] S: ...
S: OK
C: FETCH $ UID
S: OK
C: COPY $ Other
S: OK
C: SEARCH $
[rev1] S: * SEARCH
[rev2] S: * ESEARCH (TAG $any)
S: OK

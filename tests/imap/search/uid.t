# UID SEARCH answers with UIDs, takes numbers in a bare set, and ESEARCH says UID (RFC 9051 section 6.4.9).
@ mailbox INBOX 4

C: SELECT INBOX
S: ...
S: OK
C: STORE 1:2 +FLAGS.SILENT (\Deleted)
S: OK
C: UID EXPUNGE 1
S: * 1 EXPUNGE
[rev1] S: ...
S: OK
C: UID SEARCH ALL
[rev1] S: * SEARCH 2 3 4
[rev2] S: * ESEARCH (TAG $any) UID ALL 2:4
S: OK
C: UID SEARCH 1
[rev1] S: * SEARCH 2
[rev2] S: * ESEARCH (TAG $any) UID ALL 2
S: OK
C: UID SEARCH UID 3:*
[rev1] S: * SEARCH 3 4
[rev2] S: * ESEARCH (TAG $any) UID ALL 3:4
S: OK
C: SEARCH UID 3:*
[rev1] S: * SEARCH 2 3
[rev2] S: * ESEARCH (TAG $any) ALL 2:3
S: OK
C: UID SEARCH FLAGGED
[rev1] S: * SEARCH
[rev2] S: * ESEARCH (TAG $any) UID
S: OK

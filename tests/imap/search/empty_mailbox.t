# In an empty mailbox everything finds nothing; a number that is written is BAD (RFC 9051 section 9, seq-number).
@ mailbox INBOX

C: SELECT INBOX
S: ...
S: OK
C: SEARCH ALL
[rev1] S: * SEARCH
[rev2] S: * ESEARCH (TAG $any)
S: OK
C: SEARCH 1:*
[rev1] S: * SEARCH
[rev2] S: * ESEARCH (TAG $any)
S: OK
C: SEARCH *
[rev1] S: * SEARCH
[rev2] S: * ESEARCH (TAG $any)
S: OK
C: SEARCH UID 1:*
[rev1] S: * SEARCH
[rev2] S: * ESEARCH (TAG $any)
S: OK
C: SEARCH NOT ALL
[rev1] S: * SEARCH
[rev2] S: * ESEARCH (TAG $any)
S: OK
C: SEARCH 1
[rev1] S: * SEARCH
[rev2] S: * ESEARCH (TAG $any)
S: OK
C: SEARCH TEXT x
[rev1] S: * SEARCH
[rev2] S: * ESEARCH (TAG $any)
S: OK

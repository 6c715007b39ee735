# OLDER and YOUNGER, in seconds before now (RFC 5032).
@ needs WITHIN
@ mailbox INBOX plain.eml () "01-Feb-2020 10:00:00 +0000"
@ mailbox INBOX list.eml

C: SELECT INBOX
S: ...
S: OK
C: SEARCH OLDER 86400
[rev1] S: * SEARCH 1
[rev2] S: * ESEARCH (TAG $any) ALL 1
S: OK
C: SEARCH YOUNGER 86400
[rev1] S: * SEARCH 2
[rev2] S: * ESEARCH (TAG $any) ALL 2
S: OK
C: SEARCH YOUNGER 4294967295
[rev1] S: * SEARCH 1 2
[rev2] S: * ESEARCH (TAG $any) ALL 1:2
S: OK
C: SEARCH OLDER 0
S: BAD
C: SEARCH OLDER
S: BAD

# Strings as literals of both kinds, and a command made of several (RFC 9051 section 4.3).
@ mailbox INBOX 3

C: SELECT INBOX
S: ...
S: OK
C: SEARCH OR SUBJECT $lit"message 1" (FROM $lit+"sender2" HEADER $lit"subject" $lit+"2")
[rev1] S: * SEARCH 1 2
[rev2] S: * ESEARCH (TAG $any) ALL 1:2
S: OK

# Message numbers beyond the mailbox are no error in SEARCH; they match nothing (RFC 7377 section 2).
@ mailbox INBOX 3

C: SELECT INBOX
S: ...
S: OK
C: SEARCH RETURN (ALL) 2:100
S: * ESEARCH (TAG $any) ALL 2:3
S: OK
C: SEARCH RETURN (COUNT) 101:200
S: * ESEARCH (TAG $any) COUNT 0
S: OK
C: UID SEARCH RETURN (ALL) 1,7,4294967295
S: * ESEARCH (TAG $any) UID ALL 1
S: OK
C: SEARCH RETURN (ALL) NOT 3:9
S: * ESEARCH (TAG $any) ALL 1:2
S: OK
C: SEARCH RETURN (ALL) 9:*
S: * ESEARCH (TAG $any) ALL 3
S: OK

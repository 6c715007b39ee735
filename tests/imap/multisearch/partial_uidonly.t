# PARTIAL counts in each mailbox (RFC 7377 section 2.2); UIDONLY refuses numbers among the keys (RFC 9586 section 3.8), and leaves the rest as it is.
@ mailbox A 5
@ mailbox B 1

C: ENABLE UIDONLY
S: * ENABLED UIDONLY
S: OK
C: ESEARCH IN (mailboxes (A B)) RETURN (PARTIAL -1:-2 COUNT) ALL
S~ * ESEARCH (TAG $any MAILBOX A UIDVALIDITY $nz) UID PARTIAL (-1:-2 4:5) COUNT 5
S~ * ESEARCH (TAG $any MAILBOX B UIDVALIDITY $nz) UID PARTIAL (-1:-2 1) COUNT 1
S: OK
C: ESEARCH IN (mailboxes (A B)) RETURN (PARTIAL 2:3) ALL
S~ * ESEARCH (TAG $any MAILBOX A UIDVALIDITY $nz) UID PARTIAL (2:3 2:3)
S~ * ESEARCH (TAG $any MAILBOX B UIDVALIDITY $nz) UID PARTIAL (2:3 NIL)
S: OK
C: ESEARCH IN (mailboxes (A B)) 1:2
S: BAD [UIDREQUIRED] $text
C: ESEARCH IN (mailboxes (A B)) UID 2:5
S: * ESEARCH (TAG $any MAILBOX A UIDVALIDITY $nz) UID ALL 2:5
S: OK

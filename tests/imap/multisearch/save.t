# SAVE is for the selected mailbox alone (RFC 7377 section 2.2); `$` means messages of the selected mailbox in a search over several.
@ mailbox INBOX 3
@ mailbox A 3

C: SELECT INBOX
S: ...
S: OK
C: ESEARCH IN (selected) RETURN (SAVE) 2:3
S: OK
C: UID SEARCH RETURN (ALL) $
S: * ESEARCH (TAG $any) UID ALL 2:3
S: OK
C: ESEARCH IN (selected mailboxes A) $
S: * ESEARCH (TAG $any MAILBOX INBOX UIDVALIDITY $nz) UID ALL 2:3
S: OK
C: ESEARCH IN (mailboxes A) NOT $
S: * ESEARCH (TAG $any MAILBOX A UIDVALIDITY $nz) UID ALL 1:3
S: OK
C: ESEARCH IN (selected mailboxes A) RETURN (SAVE) ALL
S: BAD
C: ESEARCH IN (mailboxes INBOX) RETURN (SAVE COUNT) ALL
S: BAD
C: UID SEARCH RETURN (ALL) $
S: * ESEARCH (TAG $any) UID ALL 2:3
S: OK
C: ESEARCH RETURN (SAVE COUNT) SUBJECT "nowhere"
S: OK
C: UID SEARCH RETURN (COUNT) $
S: * ESEARCH (TAG $any) UID COUNT 0
S: OK

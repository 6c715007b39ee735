# ESEARCH IN (sources): one response for each mailbox that has matches, with TAG, MAILBOX and UIDVALIDITY, in UIDs; none for the others (RFC 7377 sections 2.1 and 2.2). It changes nothing of what is selected.
@ mailbox A 2
@ mailbox A/b 3
@ mailbox A/b/c 1
@ mailbox "Other one" 2
@ mailbox Empty
@ mailbox INBOX 1

C: CAPABILITY
S: * CAPABILITY $any MULTISEARCH $any
S: OK
C: ESEARCH IN (mailboxes A) ALL
S: * ESEARCH (TAG $any MAILBOX A UIDVALIDITY $nz) UID ALL 1:2
S: OK
C: ESEARCH IN (mailboxes (A "Other one" Empty nope)) RETURN (COUNT) ALL
S~ * ESEARCH (TAG $any MAILBOX A UIDVALIDITY $nz) UID COUNT 2
S~ * ESEARCH (TAG $any MAILBOX "Other one" UIDVALIDITY $nz) UID COUNT 2
S: OK
C: ESEARCH IN (subtree A) RETURN (MAX) ALL
S~ * ESEARCH (TAG $any MAILBOX A UIDVALIDITY $nz) UID MAX 2
S~ * ESEARCH (TAG $any MAILBOX A/b UIDVALIDITY $nz) UID MAX 3
S~ * ESEARCH (TAG $any MAILBOX A/b/c UIDVALIDITY $nz) UID MAX 1
S: OK
C: ESEARCH IN (subtree-one A) RETURN (MAX) ALL
S~ * ESEARCH (TAG $any MAILBOX A UIDVALIDITY $nz) UID MAX 2
S~ * ESEARCH (TAG $any MAILBOX A/b UIDVALIDITY $nz) UID MAX 3
S: OK
C: ESEARCH IN (inboxes) ALL
S: * ESEARCH (TAG $any MAILBOX INBOX UIDVALIDITY $nz) UID ALL 1
S: OK
C: SUBSCRIBE A/b
S: OK
C: ESEARCH IN (subscribed) RETURN () SUBJECT "Message 3"
S: * ESEARCH (TAG $any MAILBOX A/b UIDVALIDITY $nz) UID ALL 3
S: OK
C: ESEARCH IN (personal) RETURN (COUNT MIN) SUBJECT "Message 2"
S~ * ESEARCH (TAG $any MAILBOX A UIDVALIDITY $nz) UID COUNT 1 MIN 2
S~ * ESEARCH (TAG $any MAILBOX A/b UIDVALIDITY $nz) UID COUNT 1 MIN 2
S~ * ESEARCH (TAG $any MAILBOX "Other one" UIDVALIDITY $nz) UID COUNT 1 MIN 2
S: OK
C: ESEARCH IN (mailboxes A subtree A inboxes mailboxes inbox) RETURN (COUNT) ALL
S~ * ESEARCH (TAG $any MAILBOX INBOX UIDVALIDITY $nz) UID COUNT 1
S~ * ESEARCH (TAG $any MAILBOX A UIDVALIDITY $nz) UID COUNT 2
S~ * ESEARCH (TAG $any MAILBOX A/b UIDVALIDITY $nz) UID COUNT 3
S~ * ESEARCH (TAG $any MAILBOX A/b/c UIDVALIDITY $nz) UID COUNT 1
S: OK
C: ESEARCH IN (personal) SUBJECT "nowhere"
S: OK
C: ESEARCH IN (mailboxes nope) RETURN (COUNT) ALL
S: OK
C: NOOP
S: OK

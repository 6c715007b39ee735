# Without sources the selected mailbox is searched; "selected" needs one (RFC 7377 section 2.2). Responses name it and tell UIDs; numbers among the keys are those of each mailbox, beyond its end no error (section 2).
@ mailbox INBOX 4
@ mailbox A 2

C: ESEARCH ALL
S: BAD
C: ESEARCH IN (selected mailboxes A) ALL
S: BAD
C: ESEARCH IN (mailboxes A) RETURN (UPDATE) ALL
S: BAD
C: SELECT INBOX
S: ...
S: OK
C: STORE 1 +FLAGS.SILENT (\Deleted)
S: OK
C: EXPUNGE
S: * 1 EXPUNGE
S: ...
S: OK
C: ESEARCH ALL
S: * ESEARCH (TAG $any MAILBOX INBOX UIDVALIDITY $nz) UID ALL 2:4
S: OK
C: ESEARCH RETURN (COUNT MIN) 1:2
S: * ESEARCH (TAG $any MAILBOX INBOX UIDVALIDITY $nz) UID COUNT 2 MIN 2
S: OK
C: ESEARCH IN (selected mailboxes A) 2:100
S~ * ESEARCH (TAG $any MAILBOX INBOX UIDVALIDITY $nz) UID ALL 3:4
S~ * ESEARCH (TAG $any MAILBOX A UIDVALIDITY $nz) UID ALL 2
S: OK
C: ESEARCH IN (selected mailboxes (INBOX A)) UID 1:2
S~ * ESEARCH (TAG $any MAILBOX INBOX UIDVALIDITY $nz) UID ALL 2
S~ * ESEARCH (TAG $any MAILBOX A UIDVALIDITY $nz) UID ALL 1:2
S: OK
C: UID ESEARCH FROM "sender" 1:100
S: * ESEARCH (TAG $any MAILBOX INBOX UIDVALIDITY $nz) UID ALL 2:4
S: OK
C: ESEARCH 101:200
S: OK
C: FETCH 1 UID
S: * 1 FETCH (UID 2)
S: OK

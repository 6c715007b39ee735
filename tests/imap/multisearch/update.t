# UPDATE is about the selected mailbox alone (RFC 7377 section 2.2); where it is not among those searched, it is refused with NOUPDATE.
@ mailbox INBOX 2
@ mailbox A 2

C: SELECT INBOX
S: ...
S: OK
C= U1 ESEARCH IN (selected mailboxes A) RETURN (UPDATE CONTEXT COUNT) FLAGGED
S: U1 OK
C: STORE 2 +FLAGS.SILENT (\Flagged)
S: * ESEARCH (TAG "U1" MAILBOX INBOX UIDVALIDITY $nz) UID ADDTO (0 2)
S: OK
C= U1 ESEARCH IN (personal) RETURN (UPDATE COUNT) ALL
S: U1 BAD [CLIENTBUG] $text
C= U2 ESEARCH IN (mailboxes A) RETURN (UPDATE COUNT) ALL
S: * NO [NOUPDATE "U2"] $text
S: * ESEARCH (TAG "U2" MAILBOX A UIDVALIDITY $nz) UID COUNT 2
S: U2 OK
C: CANCELUPDATE "U1"
S: OK

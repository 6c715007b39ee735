# What is wrong in ESEARCH is a BAD (RFC 7377 sections 2.2 and 4); a charset that is not known, a NO.
@ mailbox A 1

C: ESEARCH IN (selected-delayed) ALL
S: BAD
C: ESEARCH IN () ALL
S: BAD
C: ESEARCH IN (everything) ALL
S: BAD
C: ESEARCH IN (mailboxes) ALL
S: BAD
C: ESEARCH IN (mailboxes ()) ALL
S: BAD
C: ESEARCH IN mailboxes A ALL
S: BAD
C: ESEARCH IN (mailboxes A (foo)) ALL
S: BAD
C: ESEARCH IN (mailboxes A)
S: BAD
C: ESEARCH IN (mailboxes A) RETURN (FOO) ALL
S: BAD
C: ESEARCH
S: BAD
C: ESEARCH IN (mailboxes A) CHARSET X-NOPE TEXT x
S: NO [BADCHARSET $any] $text
C: ESEARCH IN (mailboxes A) CHARSET UTF-8 SUBJECT "message"
S: * ESEARCH (TAG $any MAILBOX A UIDVALIDITY $nz) UID ALL 1
S: OK

# MAILBOX is in the encoding of names of the session; so are the names that are asked for (RFC 7377 section 4, RFC 9051 section 5.1).
@ mailbox A

[rev1] C: CREATE "Entw&APw-rfe"
[rev1] S: OK
[rev1] C: APPEND "Entw&APw-rfe" $lit+"a: b\r\n\r\n"
[rev1] S: OK
[rev1] C: ESEARCH IN (mailboxes "Entw&APw-rfe") ALL
[rev1] S: * ESEARCH (TAG $any MAILBOX {{"?Entw&APw-rfe"?}} UIDVALIDITY $nz) UID ALL 1
[rev1] S: OK
[rev2] C: CREATE "Entwürfe"
[rev2] S: OK
[rev2] C: APPEND "Entwürfe" $lit+"a: b\r\n\r\n"
[rev2] S: OK
[rev2] C: ESEARCH IN (subtree "Entwürfe") ALL
[rev2] S: * ESEARCH (TAG $any MAILBOX "Entwürfe" UIDVALIDITY $nz) UID ALL 1
[rev2] S: OK

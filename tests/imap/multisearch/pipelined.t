# Several ESEARCH commands at once: each response has the tag of its command (RFC 7377 section 2.1).
@ mailbox A 2
@ mailbox B 3

C= t1 ESEARCH IN (mailboxes A subtree B) UNSEEN
C= t2 ESEARCH IN (mailboxes (A B)) SUBJECT "3"
C= t3 ESEARCH IN (mailboxes A) SUBJECT "3"
S: * ESEARCH (TAG "t1" MAILBOX A UIDVALIDITY $nz) UID ALL 1:2
S: * ESEARCH (TAG "t1" MAILBOX B UIDVALIDITY $nz) UID ALL 1:3
S: t1 OK
S: * ESEARCH (TAG "t2" MAILBOX B UIDVALIDITY $nz) UID ALL 3
S: t2 OK
S: t3 OK

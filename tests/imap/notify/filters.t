# PERSONAL and INBOXES: all mailboxes; SUBTREE: the mailbox and what lies below it; MAILBOXES: these names, without wildcards (RFC 5465 sections 6.2,
# 6.3, 6.5 and 6.6). Names that do not exist are ignored (section 3.1).
@ mailbox a/b
@ mailbox a-c
@ mailbox d
a C: NOTIFY SET STATUS (mailboxes (% * a* none d) (MessageNew MessageExpunge))
a S: BAD
a C: NOTIFY SET STATUS (mailboxes ("%" "*" "a*" none d "") (MessageNew MessageExpunge))
a S: * STATUS d (MESSAGES 0 UIDNEXT 1 UIDVALIDITY $nz)
a S: OK
a C: NOTIFY SET STATUS (subtree (a none) (MessageNew MessageExpunge))
a S: * STATUS a (MESSAGES 0 UIDNEXT 1 UIDVALIDITY $nz)
a S: * STATUS a/b (MESSAGES 0 UIDNEXT 1 UIDVALIDITY $nz)
a S: OK
a C: NOTIFY SET STATUS (inboxes (MessageNew MessageExpunge))
a S: ...
a S: * STATUS a (MESSAGES 0 UIDNEXT 1 UIDVALIDITY $nz)
a S: ...
a S: * STATUS d (MESSAGES 0 UIDNEXT 1 UIDVALIDITY $nz)
a S: OK
a C: NOTIFY SET STATUS (mailboxes inBox (MessageNew MessageExpunge))
a S: * STATUS INBOX (MESSAGES 0 UIDNEXT 1 UIDVALIDITY $nz)
a S: OK

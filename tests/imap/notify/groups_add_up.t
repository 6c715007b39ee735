# Several groups may be about one mailbox: their events add up (RFC 5465 section 6). NONE takes a mailbox out of groups that are less specific.
@ mailbox a
@ mailbox b
a C: NOTIFY SET (mailboxes INBOX (MessageNew MessageExpunge)) (personal (SubscriptionChange)) (subtree a (MailboxName))
a S: OK
b C: APPEND INBOX $lit+"x"
b S: OK
a S: * STATUS INBOX (MESSAGES 1 UIDNEXT 2)
b C: UNSUBSCRIBE INBOX
b S: OK
a S: * LIST (\HasNoChildren) "/" INBOX
b C: CREATE a/x
b S: OK
a S: * LIST (\HasNoChildren) "/" a/x
a S: * LIST (\HasChildren) "/" a
b C: CREATE b/x
b S: OK
a NONE
a C: NOTIFY SET STATUS (mailboxes (INBOX a) NONE) (subtree a (MessageNew MessageExpunge))
a S: * STATUS a/x (MESSAGES 0 UIDNEXT 1 UIDVALIDITY $nz)
a S: OK
a C: NOTIFY SET STATUS (personal NONE) (mailboxes INBOX (MessageNew MessageExpunge))
a S: * STATUS INBOX (MESSAGES 1 UIDNEXT 2 UIDVALIDITY $nz)
a S: OK

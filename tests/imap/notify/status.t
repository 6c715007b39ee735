# NOTIFY SET STATUS: STATUS of each mailbox with message events, but the selected one, before the tagged OK (RFC 5465 section 3.1).
@ mailbox Lists/a 2
@ mailbox Lists/b
@ mailbox misc 1
C: SELECT misc
S: ...
S: OK
C: NOTIFY SET STATUS (selected (MessageNew MessageExpunge)) (subtree Lists (MessageNew MessageExpunge)) (mailboxes (misc INBOX none) (MessageNew MessageExpunge FlagChange))
S: * STATUS INBOX (MESSAGES 0 UIDNEXT 1 UIDVALIDITY $nz UNSEEN 0 HIGHESTMODSEQ $nz)
S: * STATUS Lists (MESSAGES 0 UIDNEXT 1 UIDVALIDITY $nz)
S: * STATUS Lists/a (MESSAGES 2 UIDNEXT 3 UIDVALIDITY $nz)
S: * STATUS Lists/b (MESSAGES 0 UIDNEXT 1 UIDVALIDITY $nz)
S: OK
C: NOTIFY SET (subtree Lists (MessageNew MessageExpunge))
S: OK
C: NOTIFY SET STATUS (subtree Lists (MailboxName)) (personal NONE)
S: OK

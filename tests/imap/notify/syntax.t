# What is no NOTIFY command is BAD; keywords in any case (RFC 5465 section 8).
C: NOTIFY
S: BAD
C: NOTIFY SET
S: BAD
C: NOTIFY SOME
S: BAD
C: NOTIFY NONE x
S: BAD
C: NOTIFY SET STATUS
S: BAD
C: NOTIFY SET ()
S: BAD
C: NOTIFY SET (personal)
S: BAD
C: NOTIFY SET (personal ())
S: BAD
C: NOTIFY SET (everything NONE)
S: BAD
C: NOTIFY SET (subtree (MailboxName))
S: BAD
C: NOTIFY SET (mailboxes () NONE)
S: BAD
C: NOTIFY SET (personal MailboxName)
S: BAD
C: NOTIFY SET personal NONE
S: BAD
C: NOTIFY SET (selected (MessageNew () MessageExpunge))
S: BAD
C: NOTIFY SET (selected (MessageNew (NONSENSE) MessageExpunge))
S: BAD
C: notify set (Selected (messagenew (uid) MESSAGEEXPUNGE)) (Subtree (INBOX a) None)
S: OK
C: NOTIFY none
S: OK

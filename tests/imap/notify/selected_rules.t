# One group about the selected mailbox at most (RFC 5465 section 6.1), with message events only; FETCH items only there (section 8).
C: NOTIFY SET (selected NONE) (selected NONE)
S: BAD
C: NOTIFY SET (selected NONE) (selected-delayed (MessageNew MessageExpunge))
S: BAD
C: NOTIFY SET (selected (MailboxName))
S: BAD
C: NOTIFY SET (selected-delayed (MessageNew MessageExpunge SubscriptionChange))
S: BAD
C: NOTIFY SET (selected (ServerMetadataChange))
S: BAD
C: NOTIFY SET (personal (MessageNew (UID) MessageExpunge))
S: BAD

# Nothing of another user's mailboxes is ever told, whatever the names (RFC 5465 section 3.1).
@ users 2
@ mailbox a
a C: NOTIFY SET (personal (MessageNew MessageExpunge FlagChange MailboxName SubscriptionChange MailboxMetadataChange ServerMetadataChange))
a S: OK
b OPEN ${user2}
b C: CREATE a
b S: OK
b C: APPEND a $lit+"x"
b S: OK
b C: APPEND INBOX $lit+"x"
b S: OK
b C: SETMETADATA "" (/private/comment "x")
b S: OK
b C: SUBSCRIBE a
b S: OK
a NONE

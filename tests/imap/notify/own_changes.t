# What the client does itself is not told to it (RFC 5465 section 5).
@ mailbox a 2
a C: NOTIFY SET (personal (MessageNew MessageExpunge FlagChange MailboxName SubscriptionChange MailboxMetadataChange ServerMetadataChange))
a S: OK
a C: APPEND a $lit+"x"
a S: OK
a C: CREATE new
a S: OK
a C: SUBSCRIBE new
a S: OK
a C: SETMETADATA new (/private/comment "x")
a S: OK
a C: SETMETADATA "" (/private/comment "x")
a S: OK
a C: RENAME new newer
a S: ...
a S: OK
a C: DELETE newer
a S: OK
a NONE

# MailboxMetadataChange and ServerMetadataChange: METADATA with the names of what changed, of removed entries too, without ENABLE METADATA
# (RFC 5465 sections 5.6 and 5.7, RFC 5464 section 4.4.2).
@ mailbox a
@ mailbox b
a C: NOTIFY SET (mailboxes a (MailboxMetadataChange ServerMetadataChange))
a S: OK
b C: SETMETADATA a (/private/comment "x" /shared/comment "y")
b S: OK
a S: * METADATA a /private/comment /shared/comment
b C: SETMETADATA a (/private/comment NIL)
b S: OK
a S: * METADATA a /private/comment
b C: SETMETADATA b (/private/comment "x")
b S: OK
b C: SETMETADATA "" (/private/vendor/x/y "x")
b S: OK
a S: * METADATA "" /private/vendor/x/y
a C: NOTIFY SET (mailboxes a (MailboxMetadataChange))
a S: OK
b C: SETMETADATA "" (/private/vendor/x/y "x")
b S: OK
a NONE

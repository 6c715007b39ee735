# Events that are not supported: NO, with the names of those that are (RFC 5465 section 3.1). AnnotationChange is one: there is no ANNOTATE.
C: NOTIFY SET (personal (MessageNew MessageExpunge AnnotationChange))
S: NO [BADEVENT (MessageNew MessageExpunge FlagChange MailboxName SubscriptionChange MailboxMetadataChange ServerMetadataChange)]
C: NOTIFY SET (personal (MailboxName SomethingNew))
S: NO [BADEVENT {{\(.*\)}}]

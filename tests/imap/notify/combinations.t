# FlagChange and AnnotationChange need MessageNew and MessageExpunge, and those two need each other: else BAD (RFC 5465 section 5).
C: NOTIFY SET (personal (FlagChange))
S: BAD
C: NOTIFY SET (selected (FlagChange MessageNew))
S: BAD
C: NOTIFY SET (personal (FlagChange MessageExpunge))
S: BAD
C: NOTIFY SET (personal (MessageNew))
S: BAD
C: NOTIFY SET (selected (MessageExpunge))
S: BAD
C: NOTIFY SET (personal (MessageNew MessageExpunge)) (inboxes (MessageNew MailboxName))
S: BAD
C: NOTIFY SET (personal (MessageNew MessageExpunge FlagChange))
S: OK

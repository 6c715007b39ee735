# No METADATA response for a mailbox that is listed for what is below it only (RFC 9590 section 4, second example).
@ mailbox foo/bar
C: SUBSCRIBE foo/bar
S: OK
C: LIST (SUBSCRIBED RECURSIVEMATCH) "" foo% RETURN (METADATA (/private/comment))
S: * LIST (\HasChildren) "/" foo ("CHILDINFO" ("SUBSCRIBED"))
S: OK

# Special uses are checked as CREATE checks them: unknown ones, such as cannot be given, one that another mailbox has (RFC 6154 section 4); INBOX has none.
@ mailbox Sent 1
@ mailbox Mine
C: SETMETADATA Mine (/private/specialuse "\\Nonsense")
S: NO [USEATTR]
C: SETMETADATA Mine (/private/specialuse "\\All")
S: NO [USEATTR]
C: SETMETADATA Mine (/private/specialuse "\\Sent")
S: NO [USEATTR]
C: SETMETADATA INBOX (/private/specialuse "\\Trash")
S: NO [USEATTR]
C: GETMETADATA Mine /private/specialuse
S: * METADATA Mine (/private/specialuse NIL)
S: OK
C: SETMETADATA Sent (/private/specialuse "\\Sent \\Junk")
S: OK
C: GETMETADATA Sent /private/specialuse
S: * METADATA Sent (/private/specialuse "\\Junk \\Sent")
S: OK

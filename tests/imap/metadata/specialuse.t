# /private/specialuse is the mailbox's special uses, as LIST shows them; setting it changes them (RFC 6154 sections 4 and 5.4).
@ mailbox Mine
C: GETMETADATA Sent /private/specialuse
S: * METADATA Sent (/private/specialuse "\\Sent")
S: OK
C: GETMETADATA Mine /private/specialuse
S: * METADATA Mine (/private/specialuse NIL)
S: OK
C: SETMETADATA Mine (/private/specialuse "\\Sent Memos" /private/comment "x")
S: OK
C: GETMETADATA (DEPTH infinity) Mine /private
S: * METADATA Mine (/private/specialuse "\\Sent Memos" /private/comment "x")
S: OK
C: LIST "" Mine RETURN (SPECIAL-USE)
S: * LIST $set(\HasNoChildren \Sent Memos) "/" Mine
S: OK
C: GETMETADATA Sent /private/specialuse
S: * METADATA Sent (/private/specialuse NIL)
S: OK
C: SETMETADATA Mine (/private/specialuse NIL)
S: OK
C: GETMETADATA (DEPTH 1) Mine /private
S: * METADATA Mine (/private/comment "x")
S: OK
C: LIST (SPECIAL-USE) "" Mine
S: OK

# LIST RETURN (METADATA (...)): a METADATA response behind the LIST response of each mailbox, NIL for what is not set; none for a name that is no mailbox
# (RFC 9590 sections 3 and 4).
@ mailbox m/bar/x
@ mailbox m/foo
C: DELETE m/bar
S: ...
S: OK
C: SETMETADATA m/foo (/shared/vendor/cmu/cyrus-imapd/color "#b71c1c" /private/comment "x")
S: OK
C: LIST "" (m m/%) RETURN (METADATA ("/shared/vendor/cmu/cyrus-imapd/color" /private/comment))
S: * LIST (\HasChildren) "/" m
S: * METADATA m (/shared/vendor/cmu/cyrus-imapd/color NIL /private/comment NIL)
S: * LIST $set(\NonExistent \HasChildren) "/" m/bar
S: * LIST (\HasNoChildren) "/" m/foo
S: * METADATA m/foo (/shared/vendor/cmu/cyrus-imapd/color "#b71c1c" /private/comment "x")
S: OK

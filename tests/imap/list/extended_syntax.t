# The extended syntax: several patterns, empty ones ignored, each name once, unknown options BAD (RFC 9051 section 6.3.9).
C: LIST () "" ("" INBOX INBOX I%)
S: * LIST $any "/" INBOX
S: OK
C: LIST (REMOTE) "" INBOX RETURN (SUBSCRIBED CHILDREN)
S: * LIST $has(\Subscribed \HasNoChildren) "/" INBOX
S: OK
C: LIST (SUBSCRIBED SUBSCRIBED) "" Drafts RETURN (CHILDREN CHILDREN)
S: * LIST $has(\Subscribed \Drafts) "/" Drafts
S: OK
C: LIST (FOO) "" *
S: BAD
C: LIST "" * RETURN (FOO)
S: BAD
C: LIST "" *  RETURN ()
S: BAD
C: LIST "" INBOX RETURN ()
S: * LIST $any "/" INBOX
S: OK

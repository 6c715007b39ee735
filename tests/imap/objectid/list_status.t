# LIST RETURN (STATUS (MAILBOXID)) tells the ids of many mailboxes (RFC 8474 section 4.3); all of them differ (section 4).
@ mailbox x/one
@ mailbox x/two
C: LIST "" x/* RETURN (STATUS (MAILBOXID))
S: * LIST $any "/" x/one
S: * STATUS x/one (MAILBOXID (${one=F[A-Za-z0-9_-]+}))
S: * LIST $any "/" x/two
S: * STATUS x/two (MAILBOXID (${two=F[A-Za-z0-9_-]+}))
S: OK
C: STATUS x/two (MAILBOXID)
S! * STATUS x/two (MAILBOXID (${one}))
S: * STATUS x/two (MAILBOXID (${two}))
S: OK
C: STATUS x/two (MAILBOXID MAILBOXID MESSAGES)
S: * STATUS x/two (MAILBOXID (${two}) MESSAGES 0)
S: OK

# RENAME INBOX makes a new mailbox, with an id of its own, and INBOX keeps its (RFC 8474 section 4). The messages keep theirs (section 5.1).
@ mailbox INBOX 1
C: STATUS INBOX (MAILBOXID)
S: * STATUS INBOX (MAILBOXID (${inbox=F[A-Za-z0-9_-]+}))
S: OK
C: EXAMINE INBOX
S: ...
S: OK
C: FETCH 1 (EMAILID THREADID)
S: * 1 FETCH $items(EMAILID (${email=M[A-Za-z0-9_-]+}), THREADID (${thread=T[A-Za-z0-9_-]+}))
S: OK
C: UNSELECT
S: OK
C: RENAME INBOX old
S: OK
C: STATUS INBOX (MAILBOXID MESSAGES)
S: * STATUS INBOX (MAILBOXID (${inbox}) MESSAGES 0)
S: OK
C: STATUS old (MAILBOXID MESSAGES)
S! * STATUS old (MAILBOXID (${inbox}) MESSAGES 1)
S: * STATUS old (MAILBOXID (${old=F[A-Za-z0-9_-]+}) MESSAGES 1)
S: OK
C: EXAMINE old
S: ...
S: * OK [MAILBOXID (${old})] $text
S: ...
S: OK
C: FETCH 1 (EMAILID THREADID)
S: * 1 FETCH $items(EMAILID (${email}), THREADID (${thread}))
S: OK

# The names of items and keys are read in any case; ids are not (RFC 8474 section 7).
@ mailbox INBOX 1

C: SELECT INBOX
S: ...
S: OK
C: fetch 1 (emailid ThreadId)
S: * 1 FETCH $items(EMAILID (${mail}), THREADID (${thread}))
S: OK
C: search return (all) emailid ${mail} threadid ${thread}
S: * ESEARCH (TAG $any) ALL 1
S: OK
C: status INBOX (mailboxid)
S: * STATUS INBOX (MAILBOXID ($any))
S: OK
C: LIST "" INBOX RETURN (status (MailboxId))
S: * LIST $any
S: * STATUS INBOX (MAILBOXID ($any))
S: OK

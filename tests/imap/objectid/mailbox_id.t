# MAILBOXID: in the tagged OK of every CREATE, in SELECT and EXAMINE, in STATUS, the same everywhere and at every time; no two mailboxes have
# the same; RENAME keeps it, children's too; a mailbox made anew under an old name has a new one (RFC 8474 sections 4 to 4.3).
C: CREATE a
S: OK [MAILBOXID (${a=F[A-Za-z0-9_-]+})] $text
C: CREATE b
S: OK [MAILBOXID (${b=F[A-Za-z0-9_-]+})] $text
C: CREATE a/deep/er
S: OK [MAILBOXID (${child=F[A-Za-z0-9_-]+})] $text
C: CREATE a
S: NO [ALREADYEXISTS]
C: STATUS a (MAILBOXID)
S: * STATUS a (MAILBOXID (${a}))
S: OK
C: STATUS b (mailboxid)
S: * STATUS b (MAILBOXID (${b}))
S: OK
C: STATUS a (MAILBOXID UIDVALIDITY)
S: * STATUS a (MAILBOXID (${a}) UIDVALIDITY ${validity})
S: OK
C: SELECT a
S: ...
S: * OK [MAILBOXID (${a})] $text
S: ...
S: OK
C: EXAMINE b
S: ...
S: * OK [MAILBOXID (${b})] $text
S: ...
S: OK
C: EXAMINE "INBOX"
S: ...
S: * OK [MAILBOXID (${inbox=F[A-Za-z0-9_-]+})] $text
S: ...
S: OK
C: STATUS inbox (MAILBOXID)
S: * STATUS INBOX (MAILBOXID (${inbox}))
S: OK
C: RENAME a renamed
S: OK
C: STATUS renamed (MAILBOXID UIDVALIDITY)
S: * STATUS renamed (MAILBOXID (${a}) UIDVALIDITY ${validity})
S: OK
C: STATUS renamed/deep/er (MAILBOXID)
S: * STATUS renamed/deep/er (MAILBOXID (${child}))
S: OK
C: SELECT renamed
S: ...
S: * OK [MAILBOXID (${a})] $text
S: ...
S: OK
C: CREATE a
S: OK [MAILBOXID (${second=F[A-Za-z0-9_-]+})] $text
C: DELETE b
S: OK
C: CREATE b
S: OK [MAILBOXID (${third=F[A-Za-z0-9_-]+})] $text
C: STATUS a (MAILBOXID)
S! * STATUS a (MAILBOXID (${a}))
S: * STATUS a (MAILBOXID (${second}))
S: OK
C: STATUS b (MAILBOXID)
S! * STATUS b (MAILBOXID (${b}))
S: * STATUS b (MAILBOXID (${third}))
S: OK

# RENAME takes the children along and makes new parents (RFC 9051 section 6.3.6).
@ mailbox a 2
C: CREATE a/x
S: OK
C: RENAME a n/m
S: OK
C: LIST "" (a a/* n/*)
S~ * LIST $any "/" n/m
S~ * LIST $any "/" n/m/x
S: OK
C: STATUS n/m (MESSAGES)
S: * STATUS n/m (MESSAGES 2)
S: OK
C: RENAME a b
S: NO [NONEXISTENT]
C: RENAME n/m Drafts
S: NO [ALREADYEXISTS]
C: RENAME n/m n/m/deeper
S: NO

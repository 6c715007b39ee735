# CREATE makes the parents, too; a trailing separator is dropped (RFC 9051 sections 6.3.4 and 6.3.5).
C: CREATE a/b/c
S: OK
C: CREATE a/b/c
S: NO [ALREADYEXISTS]
C: CREATE d/
S: OK
C: LIST "" (a/* d)
S~ * LIST $any "/" a/b
S~ * LIST $any "/" a/b/c
S~ * LIST $any "/" d
S: OK
C: DELETE d
S: OK
C: DELETE d
S: NO [NONEXISTENT]
C: DELETE INBOX
S: NO [CANNOT]
C: CREATE a//b
S: NO
C: CREATE /a
S: NO
C: SELECT d
S: NO [NONEXISTENT]

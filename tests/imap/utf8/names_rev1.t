# IMAP4rev1: names in modified UTF-7; what is not legal is refused (RFC 3501 section 5.1.3).
@ rev rev1
C: CREATE Entw&APw-rfe
S: OK
C: LIST "" Entw%
S: * LIST $any "/" Entw&APw-rfe
S: OK
C: CREATE &AGE-
S: NO
C: CREATE "&Jjo!"
S: NO
C: CREATE "a&-b"
S: OK
C: LIST "" a%
S: * LIST $any "/" a&-b
S: OK
C: ENABLE UTF8=ACCEPT
S: * ENABLED UTF8=ACCEPT
S: OK
C: LIST "" ("Entw%" "a&b")
S~ * LIST $any "/" "Entwürfe"
S~ * LIST $any "/" a&b
S: OK

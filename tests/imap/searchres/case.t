# SAVE is read in any case (RFC 5182 section 3).
@ needs SEARCHRES
@ mailbox INBOX 3

C: SELECT INBOX
S: ...
S: OK
C: search return (save) 2
S: OK
C: UID SEARCH RETURN (sAvE Min) uid $
S: * ESEARCH (TAG $any) UID MIN 2
S: OK
C: FETCH $ UID
S: * 2 FETCH (UID 2)
S: OK

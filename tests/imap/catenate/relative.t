# References are resolved against the selected mailbox (RFC 4469 section 3), by the rules of RFC 3986 section 5.2; ";UID=" alone is a message of it.
@ needs CATENATE
@ mailbox INBOX plain.eml
@ mailbox a
@ mailbox a/b list.eml
@ mailbox a/c draft.eml
C: APPEND INBOX CATENATE (URL ";UID=1")
S: NO [BADURL ;UID=1] $any
C: APPEND INBOX CATENATE (URL "a/b/;UID=1")
S: OK [APPENDUID $nz 2]
C: SELECT a/b
S: ...
S: OK
C: APPEND INBOX CATENATE (URL ";UID=1")
S: OK [APPENDUID $nz 3]
C: APPEND INBOX CATENATE (URL "c/;UID=1")
S: OK [APPENDUID $nz 4]
C: APPEND INBOX CATENATE (URL "../INBOX/;UID=1")
S: OK [APPENDUID $nz 5]
C: APPEND INBOX CATENATE (URL "/INBOX/;UID=1")
S: OK [APPENDUID $nz 6]
C: APPEND INBOX CATENATE (URL "b/x/;UID=1")
S: NO [BADURL b/x/;UID=1] $any
C: EXAMINE INBOX
S: ...
S: OK
C: FETCH 2:6 BODY.PEEK[]
S: * 2 FETCH (BODY[] $file(list.eml))
S: * 3 FETCH (BODY[] $file(list.eml))
S: * 4 FETCH (BODY[] $file(draft.eml))
S: * 5 FETCH (BODY[] $file(plain.eml))
S: * 6 FETCH (BODY[] $file(plain.eml))
S: OK

# Without any text no literal comes: a copy of a message, a digest of two; the URL may be quoted, an atom or a literal (RFC 4469 section 5: astring).
@ needs CATENATE
@ mailbox INBOX plain.eml
@ mailbox INBOX list.eml
@ mailbox "a b"
[rev1] C: CREATE "a b/&APw-"
[rev2] C: CREATE "a b/ü"
S: OK
[rev1] C: APPEND "a b/&APw-" $file(draft.eml)
[rev2] C: APPEND "a b/ü" $file(draft.eml)
S: OK
C: APPEND INBOX CATENATE (URL "/INBOX/;UID=1")
S: OK [APPENDUID $nz 3]
C: APPEND INBOX CATENATE (URL $lit"/inbox/;uid=1" URL $lit+"/a%20b/%C3%BC/;UID=1")
S: OK [APPENDUID $nz 4]
C: EXAMINE INBOX
S: ...
S: OK
C: FETCH 3 (FLAGS BODY.PEEK[])
S: * 3 FETCH (FLAGS ($any) BODY[] $file(plain.eml))
S: OK
C: FETCH 1 RFC822.SIZE
S: * 1 FETCH (RFC822.SIZE ${size})
S: OK
C: FETCH 4 BODY.PEEK[]<0.${size}>
S: * 4 FETCH (BODY[]<0> $file(plain.eml))
S: OK

# The only modifier is LAZY; a list of modifiers is not empty (RFC 8970 section 6).
@ mailbox INBOX 1
C: SELECT INBOX
S: ...
S: OK
C: FETCH 1 (PREVIEW (HASTY))
S: BAD
C: FETCH 1 (PREVIEW ())
S: BAD
C: FETCH 1 PREVIEW (LAZY
S: BAD
C: FETCH 1 (PREVIEW LAZY)
S: BAD
C: FETCH 1 PREVIEW(LAZY)
S: BAD
C: FETCH 1 (PREVIEW (LAZY FOO))
S: BAD
C: FETCH 1 PREVIEW (LAZY LAZY)
S: * 1 FETCH (PREVIEW "Body of message 1.")
S: OK
C: FETCH 1 (PREVIEW FLAGS)
S: * 1 FETCH (PREVIEW "Body of message 1." FLAGS $any)
S: OK
C: FETCH 1 (PREVIEW (LAZY) FLAGS)
S: * 1 FETCH (PREVIEW "Body of message 1." FLAGS $any)
S: OK

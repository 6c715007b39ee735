# FETCH of more messages than MESSAGELIMIT answers with those of the highest UIDs, and OK [MESSAGELIMIT n lowest] (RFC 9738 section 3.1); the rest can be asked for then.
@ config limits = { messages = 1000; };
@ mailbox INBOX 5
@ mailbox Other

C: CAPABILITY
S: * CAPABILITY $any MESSAGELIMIT=1000$any
S: OK
C: SELECT INBOX
S: ...
S: OK
C: COPY 1:* INBOX
S: ...
S: OK
C: COPY 1:* INBOX
S: ...
S: OK
C: COPY 1:* INBOX
S: ...
S: OK
C: COPY 1:* INBOX
S: ...
S: OK
C: COPY 1:* INBOX
S: ...
S: OK
C: COPY 1:* INBOX
S: ...
S: OK
C: COPY 1:* INBOX
S: ...
S: OK
C: COPY 1:* INBOX
S: ...
S: OK
C: UID FETCH 1:280 UID
S: * 1 FETCH (UID 1)
S: ...
S: * 280 FETCH (UID 280)
S: OK UID FETCH completed
C: UID FETCH 1:* (UID)
S: * 281 FETCH (UID 281)
S: * 282 FETCH (UID 282)
S: ...
S: * 1280 FETCH (UID 1280)
S: OK [MESSAGELIMIT 1000 281] $text
C: FETCH 1:1100 (UID)
S: * 101 FETCH (UID 101)
S: ...
S: * 1100 FETCH (UID 1100)
S: OK [MESSAGELIMIT 1000 101] $text
C: FETCH 1:1000 (UID)
S: * 1 FETCH (UID 1)
S: ...
S: * 1000 FETCH (UID 1000)
S: OK FETCH completed

# MOVE of more messages than MESSAGELIMIT moves those of the highest UIDs; the same UID MOVE again moves the rest (RFC 9738 section 3.1).
@ config limits = { messages = 1000; };
@ mailbox INBOX 5
@ mailbox Other

C: SELECT INBOX
S: ...
S: OK
C: ENABLE UIDONLY
S: * ENABLED UIDONLY
S: OK
C: UID COPY 1:* INBOX
S: ...
S: OK
C: UID COPY 1:* INBOX
S: ...
S: OK
C: UID COPY 1:* INBOX
S: ...
S: OK
C: UID COPY 1:* INBOX
S: ...
S: OK
C: UID COPY 1:* INBOX
S: ...
S: OK
C: UID COPY 1:* INBOX
S: ...
S: OK
C: UID COPY 1:* INBOX
S: ...
S: OK
C: UID COPY 1:* INBOX
S: ...
S: OK
C: UID MOVE 1:* Other
S: * OK [COPYUID $nz 281:1280 1:1000] $text
S: * VANISHED 281:1280
S: ...
S: OK [MESSAGELIMIT 1000 281] $text
C: UID MOVE 1:* Other
S: * OK [COPYUID $nz 1:280 1001:1280] $text
S: * VANISHED 1:280
S: ...
S: OK UID MOVE completed
C: STATUS Other (MESSAGES)
S: * STATUS Other (MESSAGES 1280)
S: OK

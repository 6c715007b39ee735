# COPY of more messages than MESSAGELIMIT copies none (RFC 9738 section 3.1).
@ config limits = { messages = 1000; };
@ mailbox INBOX 5
@ mailbox Other

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
C: COPY 1:1001 Other
S: NO [MESSAGELIMIT 1000 2] $text
C: UID COPY 281:1281 Other
S: OK [COPYUID $nz 281:1280 1:1000] $text
C: UID COPY 1:* Other
S: NO [MESSAGELIMIT 1000 281] $text
C: STATUS Other (MESSAGES)
S: * STATUS Other (MESSAGES 1000)
S: OK

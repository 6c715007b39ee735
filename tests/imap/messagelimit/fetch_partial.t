# UID FETCH (PARTIAL range) with a range larger than MESSAGELIMIT does nothing (RFC 9738 section 3.1).
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
C: UID FETCH 1:* (UID) (PARTIAL -1:-1001)
S: NO [MESSAGELIMIT 1000] $text
C: UID FETCH 1:* (UID) (PARTIAL -999:-1998)
S: * 1 FETCH (UID 1)
S: ...
S: * 282 FETCH (UID 282)
S: OK UID FETCH completed
C: UID FETCH 1:* (UID) (PARTIAL 1:2)
S: * 1 FETCH (UID 1)
S: * 2 FETCH (UID 2)
S: OK UID FETCH completed

# STORE of more messages than MESSAGELIMIT changes those of the highest UIDs (RFC 9738 section 3.1). MODIFIED keeps the tagged line.
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
C: UID STORE 1:* +FLAGS.SILENT (\Flagged)
S: OK [MESSAGELIMIT 1000 281] $text
C: UID SEARCH RETURN (COUNT) UID 1:300 FLAGGED
S: * ESEARCH (TAG $any) UID COUNT 20
S: OK
C: UID STORE 1:280 +FLAGS.SILENT (\Flagged)
S: OK UID STORE completed
C: UID SEARCH RETURN (COUNT) UID 1:300 FLAGGED
S: * ESEARCH (TAG $any) UID COUNT 300
S: OK
C: UID STORE 1:* (UNCHANGEDSINCE 1) +FLAGS.SILENT (\Seen)
S: ...
S: * NO [MESSAGELIMIT 1000 281] $text
S: ...
S: OK [MODIFIED 281:1280] $text

# CLOSE removes all messages with \Deleted, whatever the limit (RFC 9738 section 3.1).
@ config limits = { messages = 1000; };
@ mailbox INBOX 5

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
C: STORE 1:1000 +FLAGS.SILENT (\Deleted)
S: OK STORE completed
C: STORE 1001:1280 +FLAGS.SILENT (\Deleted)
S: OK STORE completed
C: CLOSE
S: OK
C: STATUS INBOX (MESSAGES UNSEEN)
S: * STATUS INBOX $items(MESSAGES 0, UNSEEN 0)
S: OK

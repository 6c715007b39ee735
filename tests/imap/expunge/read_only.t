# EXPUNGE in a mailbox opened by EXAMINE is NO (RFC 9051 section 6.3.3).
@ mailbox INBOX plain.eml (\Deleted)

C: EXAMINE INBOX
S: ...
S: OK
C: EXPUNGE
S: NO
C: UID EXPUNGE 1:*
S: NO
C: CLOSE
S: OK
C: STATUS INBOX (MESSAGES)
S: * STATUS INBOX (MESSAGES 1)
S: OK

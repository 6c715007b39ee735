# A mailbox that does not exist: NO [TRYCREATE], and nothing is created (RFC 9051 section 6.4.7).
@ mailbox INBOX 1

C: SELECT INBOX
S: ...
S: OK
C: COPY 1 Nowhere
S: NO [TRYCREATE]
C: UID COPY 1:* Nowhere
S: NO [TRYCREATE]
C: MOVE 1 Nowhere
S: NO [TRYCREATE]
C: LIST "" Nowhere
S: OK
C: STATUS INBOX (MESSAGES)
S: * STATUS INBOX (MESSAGES 1)
S: OK

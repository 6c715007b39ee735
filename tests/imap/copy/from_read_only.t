# COPY from a mailbox opened by EXAMINE is allowed; MOVE is not.
@ mailbox INBOX 1
@ mailbox Other

C: EXAMINE INBOX
S: ...
S: OK
C: COPY 1 Other
S: OK [COPYUID $nz 1 1]
C: MOVE 1 Other
S: NO
C: STATUS Other (MESSAGES)
S: * STATUS Other (MESSAGES 1)
S: OK

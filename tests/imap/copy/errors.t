# COPY and MOVE: numbers that do not exist and missing arguments are BAD.
@ mailbox INBOX 1

C: SELECT INBOX
S: ...
S: OK
C: COPY 2 INBOX
S: BAD
C: COPY 1
S: BAD
C: COPY INBOX
S: BAD
C: MOVE 1:2 INBOX
S: BAD
C: COPY 1 INBOX extra
S: BAD

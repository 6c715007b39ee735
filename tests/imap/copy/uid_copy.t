# UID COPY of UIDs that are not there is OK without COPYUID (RFC 9051 section 6.4.9).
@ mailbox INBOX 2
@ mailbox Other

C: SELECT INBOX
S: ...
S: OK
C: UID COPY 4000000000 Other
S: OK {{[^\[].*}}
C: UID COPY 1:* Other
S: OK [COPYUID $nz 1:2 1:2]
C: STATUS Other (MESSAGES)
S: * STATUS Other (MESSAGES 2)
S: OK

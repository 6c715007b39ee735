# A number that the mailbox does not have, 0, and * in an empty mailbox are BAD (RFC 9051 section 9, seq-number).
@ mailbox INBOX 2

C: SELECT INBOX
S: ...
S: OK
C: FETCH 3 FLAGS
S: BAD
C: FETCH 1:3 FLAGS
S: BAD
C: FETCH 0 FLAGS
S: BAD
C: FETCH 1:4294967296 FLAGS
S: BAD
C: SELECT Drafts
S: ...
S: OK
C: FETCH * FLAGS
S: BAD
C: FETCH 1:* FLAGS
S: BAD
C: UID FETCH 1:* FLAGS
S: OK

# FETCH needs a selected mailbox (RFC 9051 section 6.4).
C: FETCH 1 FLAGS
S: BAD
C: UID FETCH 1 FLAGS
S: BAD
C: UID NOOP
S: BAD
C: UID
S: BAD

# A SELECT that fails leaves no mailbox selected; one with a syntax error changes nothing (RFC 9051 section 6.3.2).
@ mailbox INBOX 1
C: SELECT INBOX
S: ...
S: OK
C: SELECT
S: BAD
C: FETCH 1 UID
S: * 1 FETCH (UID 1)
S: OK
C: SELECT nowhere
S: ...
S: NO [NONEXISTENT]
C: FETCH 1 UID
S: BAD

# The mailbox selected before is closed with CLOSED, also when the new one cannot be opened (RFC 9051 section 6.3.2).
@ rev rev2
C: SELECT INBOX
S: ...
S: OK
C: SELECT Drafts
S: * OK [CLOSED]
S: ...
S: OK
C: SELECT nowhere
S: * OK [CLOSED]
S: NO [NONEXISTENT]
C: FETCH 1 FLAGS
S: BAD

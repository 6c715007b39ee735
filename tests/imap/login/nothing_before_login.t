# Commands of the authenticated state get BAD before log-in (RFC 9051 section 3).
@ rev rev1
CONNECT
S: * OK $any
C: SELECT INBOX
S: BAD
C: LIST "" *
S: BAD
C: IDLE
S: BAD
C: APPEND INBOX {10}
S: BAD
C: CAPABILITY
S: * CAPABILITY $any
S: OK
C: LOGOUT
S: * BYE $any
S: OK
CLOSED

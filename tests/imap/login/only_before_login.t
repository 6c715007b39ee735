# LOGIN, AUTHENTICATE and STARTTLS belong to the not authenticated state (RFC 9051 section 6.2).
C: LOGIN ${user} x
S: BAD
C: AUTHENTICATE PLAIN
S: BAD
C: STARTTLS
S: BAD
C: NOOP
S: OK

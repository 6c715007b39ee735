# APPEND before log-in is BAD, and a literal is not asked for.
CONNECT
S: * OK $any
C= t1 APPEND INBOX {10}
S: t1 BAD $any
C= t2 APPEND INBOX {5+}\r\nhello
S: t2 BAD $any
C: NOOP
S: OK

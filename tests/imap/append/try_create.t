# A mailbox that does not exist: NO [TRYCREATE] before the client has to send the message (RFC 9051 section 6.3.12).
C= t1 APPEND Nowhere {1000}
S: t1 NO [TRYCREATE] $any
C= t2 APPEND Nowhere {5+}\r\nhello
S: t2 NO [TRYCREATE] $any
C: NOOP
S: OK

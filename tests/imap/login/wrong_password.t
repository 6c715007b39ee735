# A wrong password and an unknown user get the same answer (RFC 9051 section 11.7), and the session goes on.
@ rev rev1
CONNECT tls
S: * OK [CAPABILITY $any
C: LOGIN ${user} wrong
S: NO [AUTHENTICATIONFAILED] $text
C: LOGIN nobody wrong
S: NO [AUTHENTICATIONFAILED] $text
C: NOOP
S: OK

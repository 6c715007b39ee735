# URLMECH is told by SELECT, EXAMINE and RESETKEY where nobody listens: TLS or a local peer (RFC 4467 sections 8 and 10).
@ needs URLAUTH
@ mailbox INBOX 1
C: SELECT INBOX
S: ...
S: * OK [URLMECH INTERNAL] $any
S: ...
S: OK
C: EXAMINE INBOX
S: ...
S: * OK [URLMECH INTERNAL] $any
S: ...
S: OK
C: RESETKEY INBOX
S: * OK [URLMECH INTERNAL] $any
S: OK [URLMECH INTERNAL] $any

# Commands pipelined behind DONE are carried out; anything but DONE is BAD (RFC 2177; iOS 18 does it).
C= a1 IDLE
S: + $any
C= DONE\r\na2 NOOP
S: {{a1 OK .*}}
S: {{a2 OK .*}}
C= a3 IDLE
S: + $any
C= STOP
S: {{a3 BAD .*}}
C: NOOP
S: OK

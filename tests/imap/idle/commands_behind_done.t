# Commands pipelined behind DONE are carried out; anything but DONE is BAD (RFC 2177; iOS 18 does it).
C= a1 IDLE
S: + $any
C= DONE\r\na2 NOOP\r\na3 IDLE
S: {{a1 OK .*}}
S: {{a2 OK .*}}
S: + $any
C= STOP
S: {{a3 BAD .*}}
C: NOOP
S: OK

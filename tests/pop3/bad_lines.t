# Unknown and empty commands, a lone LF as line end, NULs, and wrong states.
CONNECT
S: +OK
C: XYZZY
S: -ERR
C= \r\n\c
S: -ERR
C= NOOP\n\c
S: -ERR NOOP is not allowed before log-in
C= US\0ER x
S: -ERR
C: RETR 1
S: -ERR
C: USER
S: -ERR
C: CAPA trailing
S: -ERR
C: quit
S: +OK
CLOSED

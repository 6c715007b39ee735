# A wrong password and a user that does not exist are told alike, with AUTH, and USER never tells (RFC 3206 section 5).
CONNECT
S: +OK
C: USER ${user}
S: +OK ${text=.*}
C: PASS wrong
S: -ERR [AUTH] ${why=.*}
C: USER nobody-of-that-name
S: +OK ${text}
C: PASS wrong
S: -ERR [AUTH] ${why}
C: PASS ${password}
S: -ERR
C: USER ${user}
S: +OK
C: PASS ${password}
S: +OK
C: USER ${user}
S: -ERR

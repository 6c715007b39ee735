# Clients read NIL in a list of flags as no flag, so it cannot become one (users.md section 1.13).
@ mailbox INBOX 1
C: SELECT INBOX
S: ...
S: OK
C: STORE 1 +FLAGS (NIL)
S: BAD
C: STORE 1 +FLAGS nil
S: BAD
C: STORE 1 +FLAGS (NILS)
S: ...
S: * 1 FETCH ($any)
S: OK

# CLOSE removes what is \Deleted without a word; UNSELECT and CLOSE after EXAMINE do not (RFC 9051 sections 6.4.1, 6.4.2).
@ mailbox box plain.eml (\Deleted)
@ mailbox box plain.eml
C: SELECT box
S: ...
S: OK
C: UNSELECT
S: OK
C: EXAMINE box
S: ...
S: OK
C: CLOSE
S: OK
C: STATUS box (MESSAGES)
S: * STATUS box (MESSAGES 2)
S: OK
C: SELECT box
S: ...
S: OK
C: CLOSE
S: OK
C: STATUS box (MESSAGES)
S: * STATUS box (MESSAGES 1)
S: OK
C: CLOSE
S: BAD
C: UNSELECT
S: BAD

# An idling session whose mailbox another deletes is told at once, and IDLE goes on until DONE (RFC 9051 section 3, transition 6).
@ rev rev2
@ mailbox box 1
a C: SELECT box
a S: ...
a S: OK
a C: IDLE
a S: + $any
b C: DELETE box
b S: OK
a S: * OK [CLOSED]
a C= DONE
a S: OK
a C: FETCH 1 UID
a S: BAD

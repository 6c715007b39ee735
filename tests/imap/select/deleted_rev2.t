# Who has a mailbox selected that another deletes is told CLOSED and goes on (RFC 9051 section 3, transition 6).
@ rev rev2
@ mailbox box 1
a C: SELECT box
a S: ...
a S: OK
b C: DELETE box
b S: OK
a C: NOOP
a S: * OK [CLOSED]
a S: OK
a C: FETCH 1 UID
a S: BAD
a C: SELECT INBOX
a S: ...
a S: OK

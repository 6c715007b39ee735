# MOVE is told to sessions of both mailboxes: EXPUNGE here, EXISTS there.
@ mailbox INBOX 2
@ mailbox Other

a C: SELECT INBOX
a S: ...
a S: OK
b C: SELECT INBOX
b S: ...
b S: OK
c C: SELECT Other
c S: ...
c S: OK
a C: MOVE 1 Other
a S: * OK [COPYUID $nz 1 1]
a S: * 1 EXPUNGE
[rev1] a S: ...
a S: OK
b C: NOOP
b S: * 1 EXPUNGE
[rev1] b S: ...
b S: OK
c C: NOOP
c S: * 1 EXISTS
[rev1] c S: ...
c S: OK

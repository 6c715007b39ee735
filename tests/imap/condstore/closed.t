# CLOSED parts the responses of two mailboxes, enabled or not; CLOSE and UNSELECT give none (RFC 7162 section 3.2.11). The mailbox that
# SELECT (CONDSTORE) leaves gets no HIGHESTMODSEQ.
@ mailbox INBOX 1
@ mailbox Other 1

C: SELECT INBOX
S: ...
S: OK
C: SELECT Other (CONDSTORE)
S: * OK [CLOSED]
S: ...
S: * OK [HIGHESTMODSEQ $nz]
S: ...
S: OK
C: CLOSE
S: OK
C: SELECT Other
S! * OK [CLOSED]
S: ...
S: OK
C: UNSELECT
S: OK

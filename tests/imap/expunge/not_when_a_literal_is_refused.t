# A command whose literal is refused was not received in full, so it is not in progress: no EXPUNGE comes (RFC 9051 section 7.5.1).
@ mailbox INBOX 3
C: SELECT INBOX
S: ...
S: OK
b C: SELECT INBOX
b S: ...
b S: OK
b C: STORE 2 +FLAGS.SILENT (\Deleted)
b S: ...
b S: OK
b C: EXPUNGE
b S: ...
b S: OK
C= x APPEND none {21}
S: x NO [TRYCREATE] $text
C: NOOP
S: ...
S: * 2 EXPUNGE
S: ...
S: OK

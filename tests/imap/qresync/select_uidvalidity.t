# With another UIDVALIDITY everything else is passed over (RFC 7162 section 3.2.5); a modseq from the future: nothing has changed since.
@ mailbox INBOX 2

C: ENABLE QRESYNC
S: * ENABLED QRESYNC
S: OK
C: SELECT INBOX
S: ...
S: * OK [UIDVALIDITY ${v}]
S: ...
S: OK
C: STORE 1 +FLAGS.SILENT (\Deleted)
S: ...
S: OK
C: EXPUNGE
S: ...
S: OK
C: SELECT INBOX (QRESYNC (17 1 1:100))
S! * VANISHED $any
S: * OK [CLOSED]
S: ...
S: OK [READ-WRITE]
NONE
C: SELECT INBOX (QRESYNC (17 1 1:100))
S! * 1 FETCH $any
S: ...
S: OK
C: SELECT INBOX (QRESYNC (${v} 9223372036854775807))
S! * VANISHED $any
S: ...
S: OK
C: SELECT INBOX (QRESYNC (${v} 9223372036854775807 1:4294967295 (1:4294967295 1:4294967295)))
S! * 1 FETCH $any
S: ...
S: OK
C: SELECT INBOX (QRESYNC (${v} 0))
S: ...
S: * VANISHED (EARLIER) 1
S: * 1 FETCH $items(UID 2, FLAGS $any, MODSEQ ($nz))
S: OK

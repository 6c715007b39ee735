# A mailbox that never had a message: no list of UIDs is the empty set (RFC 7162 section 3.2.5.1); one that is empty now tells what is gone.
@ mailbox Empty
@ mailbox INBOX 2

C: ENABLE QRESYNC
S: * ENABLED QRESYNC
S: OK
C: SELECT Empty
S: ...
S: * OK [UIDVALIDITY ${v}]
S: ...
S: OK
C: SELECT Empty (QRESYNC (${v} 1))
S! * VANISHED $any
S: ...
S: * OK [HIGHESTMODSEQ $nz]
S: ...
S: OK
C: SELECT INBOX
S: ...
S: * OK [UIDVALIDITY ${w}]
S: ...
S: * OK [HIGHESTMODSEQ ${m0}]
S: ...
S: OK
C: STORE 1:2 +FLAGS.SILENT (\Deleted)
S: ...
S: OK
C: CLOSE
S: OK {{[^[].*}}
C: SELECT INBOX (QRESYNC (${w} ${m0}))
S: ...
S: * VANISHED (EARLIER) 1:2
S: OK

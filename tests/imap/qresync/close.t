# CLOSE says nothing of what it removes, and the server remembers it: who resynchronizes later is told (RFC 7162 section 3.2.8).
@ mailbox INBOX 5

a C: ENABLE QRESYNC
a S: * ENABLED QRESYNC
a S: OK
a C: SELECT INBOX
a S: ...
a S: * OK [UIDVALIDITY ${v}]
a S: ...
a S: * OK [HIGHESTMODSEQ ${high}]
a S: ...
a S: OK
b C: ENABLE QRESYNC
b S: * ENABLED QRESYNC
b S: OK
b C: SELECT INBOX
b S: ...
b S: OK
b C: STORE 2,4:5 +FLAGS.SILENT (\Deleted)
b S: ...
b S: OK
b C: CLOSE
b S: OK {{[^[].*}}
b C: STATUS INBOX (HIGHESTMODSEQ)
b S: * STATUS INBOX (HIGHESTMODSEQ ${new})
b S: OK
a C: NOOP
a S: * VANISHED 2,4:5
a S: ...
a S: OK [HIGHESTMODSEQ ${new}]
b C: SELECT INBOX (QRESYNC (${v} ${high}))
b S: ...
b S: * VANISHED (EARLIER) 2,4:5
b S: OK

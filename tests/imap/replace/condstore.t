# With CONDSTORE and QRESYNC the replaced message is removed as UID EXPUNGE would (RFC 8508 section 4.5): the mailbox's modseq grows, VANISHED stands
# in place of EXPUNGE, and who was away is told by QRESYNC.
@ mailbox INBOX 3

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
b C: SELECT INBOX (CONDSTORE)
b S: ...
b S: OK
a C: UID REPLACE 2 INBOX $lit"Subject: new\r\n\r\nx"
a S! * 2 EXPUNGE
a S: * OK [APPENDUID ${v} 4] $text
a S: ...
a S: * VANISHED 2
a S: ...
a S: OK [HIGHESTMODSEQ ${new}]
a C: STATUS INBOX (HIGHESTMODSEQ)
a S: ...
a S: * STATUS INBOX (HIGHESTMODSEQ ${new})
a S: OK
b C: NOOP
b S: ...
b S: * 2 EXPUNGE
b S: ...
b S: OK
a C: SELECT INBOX (QRESYNC (${v} ${high}))
a S: ...
a S: * VANISHED (EARLIER) 2
a S: * 3 FETCH $items(UID 4, FLAGS $any, MODSEQ ($nz))
a S: OK

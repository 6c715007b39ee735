# A message that another session expunged cannot be replaced: NO, and the new one is not appended (RFC 8508 section 3.2); also when it is
# expunged while the new one is on its way.
@ mailbox INBOX 3
@ mailbox Other
a C: SELECT INBOX
a S: ...
a S: OK
b C: SELECT INBOX
b S: ...
b S: OK
b C: STORE 1 +FLAGS.SILENT (\Deleted)
b S: ...
b S: OK
b C: EXPUNGE
b S: ...
b S: OK
a C: REPLACE 1 Other $lit+"Subject: a\r\n\r\nx"
a S: ...
a S: NO [EXPUNGEISSUED]
a C: NOOP
a S: ...
a S: OK
a C= m REPLACE 1 Other {12}
a S: + $any
a C= Subje\c
b C: STORE 1 +FLAGS.SILENT (\Deleted)
b S: ...
b S: OK
b C: EXPUNGE
b S: ...
b S: OK
a C= ct: a\r\n\c
a C=
a S: ...
a S: m NO [EXPUNGEISSUED] $text
a C: NOOP
a S: ...
a S: OK
a C: STATUS Other (MESSAGES)
a S: * STATUS Other (MESSAGES 0)
a S: OK
a C: STATUS INBOX (MESSAGES)
a S: * STATUS INBOX (MESSAGES 1)
a S: OK

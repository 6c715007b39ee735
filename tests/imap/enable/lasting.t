# What is enabled stays so until the connection ends; each ENABLED names only what its own command asked for, and CAPABILITY stays the same
# (RFC 5161 sections 3.1 and 3.2).
@ mailbox INBOX 1

a C: CAPABILITY
a S: * CAPABILITY ${all=.*}
a S: OK
a C: ENABLE CONDSTORE
a S: * ENABLED CONDSTORE
a S: OK
a C: CAPABILITY
a S: * CAPABILITY ${all}
a S: OK
a C: ENABLE UTF8=ACCEPT QRESYNC X-NONE
a S: * ENABLED UTF8=ACCEPT QRESYNC
a S: OK
a C: CAPABILITY
a S: * CAPABILITY ${all}
a S: OK
a C: SELECT INBOX
a S: ...
a S: OK
a C: CLOSE
a S: OK
a C: SELECT INBOX
a S: ...
a S: OK
b C: SELECT INBOX
b S: ...
b S: OK
b C: STORE 1 +FLAGS.SILENT (\Deleted)
b S: OK
b C: EXPUNGE
b S: ...
b S: OK
a C: NOOP
a S: * VANISHED 1
a S: ...
a S: OK

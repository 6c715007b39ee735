# The maildrop is INBOX at log-in: what IMAP adds is not seen, what it expunges is an error of that message alone, numbers stay.
@ mailbox INBOX 3
C: STAT
S: +OK 3 ${size=[0-9]+}
imap C: APPEND INBOX $file(plain.eml)
imap S: OK
imap C: SELECT INBOX
imap S: ...
imap S: OK
imap C: STORE 1 +FLAGS.SILENT (\Deleted)
imap S: OK
imap C: EXPUNGE
imap S: * 1 EXPUNGE
imap S: OK
C: STAT
S: +OK 3 ${size}
C: RETR 2
S: +OK
S: ...
S: Body of message 2.
S: .
C: DELE 1
S: +OK
C: DELE 3
S: +OK
C: QUIT
S: +OK
imap C: NOOP
imap S: * 2 EXPUNGE
imap S: OK
b C: STAT
b S: +OK 2 $num

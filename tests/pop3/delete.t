# DELE marks, RSET takes back, QUIT removes exactly what is marked; IMAP sees it go (RFC 1939 sections 5 and 6).
@ mailbox INBOX 3
imap C: SELECT INBOX
imap S: ...
imap S: OK
imap C: STORE 3 +FLAGS.SILENT (\Deleted)
imap S: OK
C: DELE 2
S: +OK
C: DELE 2
S: -ERR
C: RETR 2
S: -ERR
C: UIDL 2
S: -ERR
C: STAT
S: +OK 2 $num
C: RSET
S: +OK
C: DELE 1
S: +OK
C: LIST
S: +OK
S: 2 $num
S: 3 $num
S: .
imap C: NOOP
imap S: OK
C: QUIT
S: +OK
CLOSED
imap C: NOOP
imap S: * 1 EXPUNGE
imap S: OK
imap C: FETCH 1:* UID
imap S: * 1 FETCH (UID 2)
imap S: * 2 FETCH (UID 3)
imap S: OK

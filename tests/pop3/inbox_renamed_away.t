# INBOX is renamed away while a session has marks: its messages are not of the maildrop any more; QUIT removes neither them nor what came since.
@ mailbox INBOX 3
C: DELE 1
S: +OK
imap C: RENAME INBOX Old
imap S: OK
imap C: APPEND INBOX $file(plain.eml)
imap S: OK
C: RETR 2
S: +OK
S: ...
S: .
C: QUIT
S: +OK
imap C: STATUS INBOX (MESSAGES)
imap S: * STATUS INBOX (MESSAGES 1)
imap S: OK
imap C: STATUS Old (MESSAGES)
imap S: * STATUS Old (MESSAGES 3)
imap S: OK

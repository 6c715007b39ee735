# POP3 changes no flags of what it shows.
@ mailbox INBOX plain.eml
C: RETR 1
S: +OK
S: ...
S: .
C: QUIT
S: +OK
imap C: SELECT INBOX
imap S: ...
imap S: OK
imap C: FETCH 1 FLAGS
imap S: * 1 FETCH (FLAGS ())
imap S: OK

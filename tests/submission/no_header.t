# A message whose first line is no field has no header: one is made, and its text is all body.
C: MAIL FROM:<${user}@example.org>
S: 250
C: RCPT TO:<${user}@example.org>
S: 250
C: BDAT 7
C= hello\r\n\c
S: 250
C: BDAT 5 LAST
C= world\c
S: 250 2.0.0
imap C: SELECT INBOX
imap S: ...
imap S: OK
imap C: FETCH 1 BODY.PEEK[TEXT]
imap S: * 1 FETCH (BODY[TEXT] $lit"hello\r\nworld")
imap S: OK

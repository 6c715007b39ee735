# Only CRLF . CRLF ends a message; a lone LF becomes CRLF; a lone CR, which others take for the end of a line, is refused (RFC 5321 section 2.3.8).
C: MAIL FROM:<${user}@example.org>
S: 250
C: RCPT TO:<${user}@example.org>
S: 250
C: DATA
S: 354
C= From: ${user}@example.org\r\n\r\n1\n.\nMAIL FROM:<evil@example.org>\n2\n.\r\n3\r\n.\n4\r\n.
S: 250 2.0.0
C: MAIL FROM:<${user}@example.org>
S: 250
C: RCPT TO:<${user}@example.org>
S: 250
C: DATA
S: 354
C= From: ${user}@example.org\r\n\r\n1\r.\r2\r\n.
S: 554 5.6.0
imap C: SELECT INBOX
imap S: ...
imap S: OK
imap C: FETCH 1:* BODY.PEEK[TEXT]
imap S: * 1 FETCH (BODY[TEXT] $lit"1\r\n.\r\nMAIL FROM:<evil@example.org>\r\n2\r\n.\r\n3\r\n\r\n4\r\n")
imap S: OK

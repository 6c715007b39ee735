# Only CRLF . CRLF ends a message; a lone LF in it becomes CRLF and a lone CR stays (RFC 5321 sections 2.3.8 and 4.1.1.4).
C: MAIL FROM:<s@example.org>
S: 250
C: RCPT TO:<${user}>
S: 250
C: DATA
S: 354
C= a: b\r\n\r\n1\n.\nMAIL FROM:<evil@example.org>\n2\n.\r\n3\r\n.\n4\r.\r5\r\n.\r6\r\n.
S: 250 2.1.5
C: NOOP
S: 250
imap C: SELECT INBOX
imap S: ...
imap S: OK
imap C: FETCH 1:* BODY.PEEK[TEXT]
imap S: * 1 FETCH (BODY[TEXT] $lit"1\r\n.\r\nMAIL FROM:<evil@example.org>\r\n2\r\n.\r\n3\r\n\r\n4\r.\r5\r\n\r6\r\n")
imap S: OK

# HEADER, TEXT, 1 and 1.MIME of a message without parts (RFC 9051 section 6.4.5.1).
@ mailbox INBOX no_mime.eml
@ mailbox INBOX 1

C: SELECT INBOX
S: ...
S: OK
C: FETCH 2 BODY.PEEK[HEADER]
S: * 2 FETCH (BODY[HEADER] $str"From: Sender 1 <sender1@example.org>\r\nTo: anna@example.org\r\nSubject: Message 1\r\nDate: 01 Jan 2024 12:00:00 +0000\r\nMessage-ID: <1@example.org>\r\n\r\n")
S: OK
C: FETCH 2 BODY.PEEK[TEXT]
S: * 2 FETCH (BODY[TEXT] $str"Body of message 1.\r\n")
S: OK
C: FETCH 2 (BODY.PEEK[1])
S: * 2 FETCH (BODY[1] $str"Body of message 1.\r\n")
S: OK
C: FETCH 2 BODY.PEEK[1.MIME]
S: * 2 FETCH (BODY[1.MIME] $str"From: Sender 1 <sender1@example.org>\r\nTo: anna@example.org\r\nSubject: Message 1\r\nDate: 01 Jan 2024 12:00:00 +0000\r\nMessage-ID: <1@example.org>\r\n\r\n")
S: OK

# RFC822, RFC822.HEADER and RFC822.TEXT of rev1 (RFC 3501 section 6.4.5).
@ rev rev1
@ mailbox INBOX 1

C: EXAMINE INBOX
S: ...
S: OK
C: FETCH 1 (RFC822.HEADER RFC822.TEXT)
S: * 1 FETCH (RFC822.HEADER $str"From: Sender 1 <sender1@example.org>\r\nTo: anna@example.org\r\nSubject: Message 1\r\nDate: 01 Jan 2024 12:00:00 +0000\r\nMessage-ID: <1@example.org>\r\n\r\n" RFC822.TEXT $str"Body of message 1.\r\n")
S: OK
C: FETCH 1 RFC822
S: * 1 FETCH (RFC822 $str"From: Sender 1 <sender1@example.org>\r\nTo: anna@example.org\r\nSubject: Message 1\r\nDate: 01 Jan 2024 12:00:00 +0000\r\nMessage-ID: <1@example.org>\r\n\r\nBody of message 1.\r\n")
S: OK

# A client that puts the copy there before it sends: submission finds it, whatever Bcc it has, and files no other.
imap C: SETMETADATA "" (/private/vendor/starling/sent-copy "yes")
imap S: OK
imap C: APPEND Sent (\Seen \Flagged) $lit+"From: ${user}@example.org\r\nBcc: secret@example.net\r\nDate: Mon, 01 Jan 2024 12:00:00 +0000\r\nMessage-ID: <first@example.org>\r\n\r\ntext\r\n"
imap S: OK [APPENDUID ${validity} 1]
C: MAIL FROM:<${user}@example.org>
S: 250
C: RCPT TO:<${user}@example.org>
S: 250
C: DATA
S: 354
C: <<
> From: ${user}@example.org
> Date: Mon, 01 Jan 2024 12:00:00 +0000
> Message-ID: <first@example.org>
>
> text
S: 250 2.0.0
imap C: SELECT Sent
imap S: ...
imap S: OK
imap C: FETCH 1:* (UID FLAGS BODY.PEEK[HEADER.FIELDS (Bcc)])
imap S: * 1 FETCH $items(UID 1, FLAGS $has(\Seen \Flagged), BODY[HEADER.FIELDS (Bcc)] $lit"Bcc: secret@example.net\r\n\r\n")
imap S: OK

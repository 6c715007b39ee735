# Many clients send without Bcc and keep with it: their form takes the place of the one that was filed, so that nothing is lost. In a session that
# knows UIDs alone (RFC 9586) as well.
imap C: SETMETADATA "" (/private/vendor/starling/sent-copy "yes")
imap S: OK
C: MAIL FROM:<${user}@example.org>
S: 250
C: RCPT TO:<${user}@example.org>
S: 250
C: DATA
S: 354
C: <<
> From: ${user}@example.org
> Date: Mon, 01 Jan 2024 12:00:00 +0000
> Message-ID: <bcc@example.org>
>
> text
S: 250 2.0.0
imap C: ENABLE UIDONLY
imap S: * ENABLED UIDONLY
imap S: OK
imap C: SELECT Sent
imap S: ...
imap S: * 1 EXISTS
imap S: ...
imap S: OK
imap C: APPEND Sent (\Seen) $lit+"From: ${user}@example.org\r\nBcc: secret@example.net\r\nDate: Mon, 01 Jan 2024 12:00:00 +0000\r\nMessage-ID: <bcc@example.org>\r\n\r\ntext\r\n"
imap S: ...
imap S: * VANISHED 1
imap S: * 1 EXISTS
imap S: ...
imap S: OK [APPENDUID ${validity} 2]
imap C: UID FETCH 1:* (BODY.PEEK[HEADER.FIELDS (Bcc)])
imap S: * 2 UIDFETCH (BODY[HEADER.FIELDS (Bcc)] $lit"Bcc: secret@example.net\r\n\r\n")
imap S: OK

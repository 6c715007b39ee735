# A user who wants it finds what was sent in the mailbox of sent mail, as \Seen, with its Bcc and without trace fields; the client's own APPEND of
# the same message is answered with that copy (mail/sent.h). Only what was accepted is filed.
@ users 2
imap C: SETMETADATA "" (/private/vendor/starling/sent-copy "yes")
imap S: OK
C: MAIL FROM:<${user}@example.org>
S: 250
C: RCPT TO:<${user2}@example.org>
S: 250
C: DATA
S: 354
C: <<
> From: list@example.net
> Bcc: ${user2}@example.org
> Date: Mon, 01 Jan 2024 12:00:00 +0000
> Message-ID: <sent@example.org>
>
> text
S: 250 2.0.0 sent to 1 as {{[0-9a-f.]+}}; filed
imap C: SELECT Sent
imap S: ...
imap S: * 1 EXISTS
imap S: ...
imap S: OK
imap C: FETCH 1 (FLAGS BODY.PEEK[HEADER])
imap S: * 1 FETCH (FLAGS (\Seen) BODY[HEADER] {{\{[0-9]+\}\r\nFrom: list@example.net\r\nBcc: [a-z0-9]+@example.org\r\nDate: Mon, 01 Jan 2024 12:00:00 \+0000\r\nMessage-ID: <sent@example.org>\r\n\r\n}})
imap S: OK
imap C: APPEND Sent (\Flagged) <<
> From: list@example.net
> Date: Mon, 01 Jan 2024 12:00:00 +0000
> Message-ID: <sent@example.org>
>
> text
imap S: ...
imap S: OK [APPENDUID $num 1]
imap C: STATUS Sent (MESSAGES)
imap S: ...
imap S: * STATUS Sent (MESSAGES 1)
imap S: OK
b OPEN ${user}
b C: MAIL FROM:<${user}@example.org>
b S: 250
b C: RCPT TO:<${user2}@example.org>
b S: 250
b C: DATA
b S: 354
b C: <<
> From: ${user2}@example.org
>
> refused
b S: 550 5.7.1
imap C: STATUS Sent (MESSAGES)
imap S: * STATUS Sent (MESSAGES 1)
imap S: OK

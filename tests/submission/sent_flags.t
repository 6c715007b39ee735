# What is sent stands in the mailbox of sent mail as \Seen, with its Bcc; the client's APPEND of the same message is answered with that copy, its flags
# are added, and a session that looks at the mailbox is told of flags and of no new message. Once: the next APPEND is stored.
@ users 2
imap C: SETMETADATA "" (/private/vendor/starling/sent-copy "yes")
imap S: OK
imap C: SELECT Sent
imap S: ...
imap S: OK
C: MAIL FROM:<${user}@example.org>
S: 250
C: RCPT TO:<${user2}@example.org>
S: 250
C: DATA
S: 354
C: <<
> From: ${user}@example.org
> Bcc: ${user2}@example.org,
>  secret@example.net
> Date: Mon, 01 Jan 2024 12:00:00 +0000
> Message-ID: <sent-copy@example.org>
>
> .text
S: 250 2.0.0
imap C: NOOP
imap S: ...
imap S: * 1 EXISTS
imap S: ...
imap S: OK
imap C: FETCH 1 (FLAGS BODY.PEEK[])
imap S: * 1 FETCH $items(FLAGS $has(\Seen), BODY[] $lit"From: ${user}@example.org\r\nBcc: ${user2}@example.org,\r\n secret@example.net\r\nDate: Mon, 01 Jan 2024 12:00:00 +0000\r\nMessage-ID: <sent-copy@example.org>\r\n\r\n.text\r\n")
imap S: OK
imap2 C: APPEND Sent (\Seen $Forwarded) $lit+"From: ${user}@example.org\r\nBcc: ${user2}@example.org,\r\n secret@example.net\r\nDate: Mon, 01 Jan 2024 12:00:00 +0000\r\nMessage-ID: <sent-copy@example.org>\r\n\r\n.text\r\n"
imap2 S: OK [APPENDUID ${validity} 1]
imap S! * 2 EXISTS
imap C: NOOP
imap S: ...
imap S: * 1 FETCH $items(UID 1, FLAGS $has(\Seen $Forwarded))
imap S: OK
imap2 C: APPEND Sent (\Seen) $lit+"From: ${user}@example.org\r\nBcc: ${user2}@example.org,\r\n secret@example.net\r\nDate: Mon, 01 Jan 2024 12:00:00 +0000\r\nMessage-ID: <sent-copy@example.org>\r\n\r\n.text\r\n"
imap2 S: OK [APPENDUID ${validity} 2]
imap2 C: STATUS Sent (MESSAGES UNSEEN)
imap2 S: * STATUS Sent $items(MESSAGES 2, UNSEEN 0)
imap2 S: OK
imap3 OPEN ${user2}
imap3 C: SELECT INBOX
imap3 S: ...
imap3 S: OK
imap3 C: SEARCH HEADER Bcc ""
imap3 S: * ESEARCH (TAG $any)
imap3 S: OK

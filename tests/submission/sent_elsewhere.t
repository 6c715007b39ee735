# Only in that mailbox, only while the copy is there: what was moved away, or is marked \Deleted, is no copy. Of several messages in one APPEND those
# are found whose UIDs keep the order (RFC 4315 section 3); REPLACE (RFC 8508) removes the draft and answers with the copy.
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
> Message-ID: <a@example.org>
>
> text
S: 250 2.0.0
C: MAIL FROM:<${user}@example.org>
S: 250
C: RCPT TO:<${user}@example.org>
S: 250
C: DATA
S: 354
C: <<
> From: ${user}@example.org
> Message-ID: <b@example.org>
>
> text
S: 250 2.0.0
C: MAIL FROM:<${user}@example.org>
S: 250
C: RCPT TO:<${user}@example.org>
S: 250
C: DATA
S: 354
C: <<
> From: ${user}@example.org
> Message-ID: <c@example.org>
>
> text
S: 250 2.0.0
imap C: APPEND Archive $lit+"From: ${user}@example.org\r\nMessage-ID: <a@example.org>\r\n\r\ntext\r\n"
imap S: OK [APPENDUID ${archive} 1]
imap C: SELECT Sent
imap S: ...
imap S: * OK [UIDVALIDITY ${validity}]
imap S: ...
imap S: OK
imap C: APPEND Sent $lit+"From: ${user}@example.org\r\nMessage-ID: <c@example.org>\r\n\r\ntext" $lit+"From: ${user}@example.org\r\nMessage-ID: <b@example.org>\r\n\r\ntext\r\n"
imap S: ...
imap S: * 4 EXISTS
imap S: ...
imap S: OK [APPENDUID ${validity} 3:4]
imap C: UID MOVE 1 Trash
imap S: ...
imap S: OK
imap C: APPEND Sent $lit+"From: ${user}@example.org\r\nMessage-ID: <a@example.org>\r\n\r\ntext\r\n"
imap S: ...
imap S: * 4 EXISTS
imap S: ...
imap S: OK [APPENDUID ${validity} 5]
C: MAIL FROM:<${user}@example.org>
S: 250
C: RCPT TO:<${user}@example.org>
S: 250
C: DATA
S: 354
C: <<
> From: ${user}@example.org
> Message-ID: <d@example.org>
>
> text
S: 250 2.0.0
imap SYNC
imap C: UID STORE 6 +FLAGS (\Deleted)
imap S: ...
imap S: OK
imap C: APPEND Sent $lit+"From: ${user}@example.org\r\nMessage-ID: <d@example.org>\r\n\r\ntext\r\n"
imap S: ...
imap S: OK [APPENDUID ${validity} 7]
C: MAIL FROM:<${user}@example.org>
S: 250
C: RCPT TO:<${user}@example.org>
S: 250
C: DATA
S: 354
C: <<
> From: ${user}@example.org
> Message-ID: <e@example.org>
>
> text
S: 250 2.0.0
imap2 C: APPEND Drafts (\Draft) $lit+"From: ${user}@example.org\r\nMessage-ID: <e@example.org>\r\n\r\ntext\r\n"
imap2 S: OK [APPENDUID ${drafts} 1]
imap2 C: SELECT Drafts
imap2 S: ...
imap2 S: OK
imap2 C: UID REPLACE 1 Sent (\Seen) $lit+"From: ${user}@example.org\r\nMessage-ID: <e@example.org>\r\n\r\ntext\r\n"
imap2 S: * OK [APPENDUID ${validity} 8]
imap2 S: ...
imap2 S: * 1 EXPUNGE
imap2 S: ...
imap2 S: OK

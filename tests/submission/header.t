# What is missing is added (RFC 6409 sections 8.2 and 8.3: Date, Message-ID), Bcc is taken out, whatever it is folded like.
C: MAIL FROM:<${user}@example.org>
S: 250
C: RCPT TO:<${user}@example.org>
S: 250
C: DATA
S: 354
C: <<
> From: Me <${user}@example.org>
> bcc: secret@example.net,
>  more@example.net
> Subject: hello
> Bcc : third@example.net
> Resent-Bcc: fourth@example.net
>
> Bcc: stays
S: 250 2.0.0
imap C: SELECT INBOX
imap S: ...
imap S: OK
imap C: FETCH 1 (BODY.PEEK[HEADER.FIELDS.NOT (Return-Path Delivered-To Received)])
imap S: * 1 FETCH (BODY[HEADER.FIELDS.NOT (Return-Path Delivered-To Received)] {{\{[0-9]+\}\r\nDate: [^\r]+ \+0000\r\nMessage-ID: <[0-9a-f]{32}@[^>]+>\r\nFrom: Me <[a-z0-9]+@example.org>\r\nSubject: hello\r\n\r\n}})
imap S: OK
imap C: FETCH 1 BODY.PEEK[TEXT]
imap S: * 1 FETCH (BODY[TEXT] $lit"Bcc: stays\r\n")
imap S: OK

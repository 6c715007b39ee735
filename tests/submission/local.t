# Recipients with accounts here get it at once, behind Return-Path, Delivered-To and Received (RFC 3848: ESMTPA; RFC 5321 section 4.4).
@ users 2
C: MAIL FROM:<${user}@example.org> SIZE=100 BODY=8BITMIME
S: 250 2.1.0
C: RCPT TO:<${user2}@example.org>
S: 250 2.1.5
C: RCPT TO:<${user2}+Archive@EXAMPLE.ORG>
S: 250 2.1.5
C: RCPT TO:<nobody@example.org>
S: 550 5.1.1
C: RCPT TO:<somebody@example.net>
S: 550 5.7.1
C: DATA
S: 354
C: <<
> From: ${user}@example.org
> Subject: hello
> Date: Mon, 01 Jan 2024 12:00:00 +0000
> Message-ID: <local@example.org>
>
> .text
> ..
S: 250 2.0.0
imap OPEN ${user2}
imap C: SELECT INBOX
imap S: ...
imap S: OK
imap C: FETCH 1:* (BODY.PEEK[HEADER.FIELDS (Return-Path Delivered-To Sender Subject Date Message-ID)])
imap S: * 1 FETCH (BODY[HEADER.FIELDS (Return-Path Delivered-To Sender Subject Date Message-ID)] {{\{[0-9]+\}\r\nReturn-Path: <[a-z0-9]+@example.org>\r\nDelivered-To: [a-z0-9]+@example.org\r\nSubject: hello\r\nDate: Mon, 01 Jan 2024 12:00:00 \+0000\r\nMessage-ID: <local@example.org>\r\n\r\n}})
imap S: OK
imap C: FETCH 1 BODY.PEEK[TEXT]
imap S: * 1 FETCH (BODY[TEXT] <<)
> .text
> ..
imap S: OK
imap C: SEARCH HEADER Received "ESMTPA id"
imap S: * ESEARCH (TAG $any) ALL 1
imap S: OK
imap C: STATUS Archive (MESSAGES)
imap S: * STATUS Archive (MESSAGES 1)
imap S: OK

# A message is in INBOX when its 250 comes, behind Return-Path, Delivered-To and Received (RFC 5321 section 4.4); an IDLE session is told.
imap C: SELECT INBOX
imap S: ...
imap S: OK
imap C: IDLE
imap S: + $any
C: MAIL FROM:<sender@example.org> SIZE=100 BODY=8BITMIME
S: 250 2.1.0
C: RCPT TO:<${user}@example.org> NOTIFY=FAILURE ORCPT=rfc822;x@example.org
S: 250 2.1.5
C: DATA
S: 354
C: <<
> Subject: hello
> Message-ID: <deliver@example.org>
>
> .text
> ..
S: 250 2.1.5 <${user}@example.org> delivered
imap S: * 1 EXISTS
imap C= DONE
imap S: OK
imap C: FETCH 1 (FLAGS BODY.PEEK[HEADER.FIELDS (Return-Path Delivered-To Subject)])
imap S: * 1 FETCH (FLAGS () BODY[HEADER.FIELDS (Return-Path Delivered-To Subject)] {{\{[0-9]+\}\r\nReturn-Path: <sender@example.org>\r\nDelivered-To: [a-z0-9]+@example.org\r\nSubject: hello\r\n\r\n}})
imap S: OK
imap C: FETCH 1 BODY.PEEK[TEXT]
imap S: * 1 FETCH (BODY[TEXT] <<)
> .text
> ..
imap S: OK
imap C: SEARCH HEADER Received "LMTP"
imap S: * ESEARCH (TAG $any) ALL 1
imap S: OK

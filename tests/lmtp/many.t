# One answer for each recipient, in their order; unknown ones were refused before; all have the same message (RFC 2033 section 4.2).
@ users 3
C: MAIL FROM:<>
S: 250
C: RCPT TO:<${user}@example.org>
S: 250
C: RCPT TO:<nobody-here@example.org>
S: 550 5.1.1
C: RCPT TO:<${user2}@example.org>
S: 250
C: RCPT TO:<${user3}>
S: 250
C: DATA
S: 354
C: $data(plain.eml)
S: 250 2.1.5 <${user}@example.org> delivered
S: 250 2.1.5 <${user2}@example.org> delivered
S: 250 2.1.5 <${user3}> delivered
imap OPEN ${user2}
imap C: SELECT INBOX
imap S: ...
imap S: OK
imap C: FETCH 1 (BODY.PEEK[HEADER.FIELDS (Return-Path Delivered-To)])
imap S: * 1 FETCH (BODY[HEADER.FIELDS (Return-Path Delivered-To)] {{\{[0-9]+\}\r\nReturn-Path: <>\r\nDelivered-To: }}${user2}@example.org{{\r\n[\s\S]*}})
imap S: OK
imapb OPEN ${user3}
imapb C: SELECT INBOX
imapb S: ...
imapb S: OK
imapb C: FETCH 1 (RFC822.SIZE BODY.PEEK[])
imapb S: * 1 FETCH (RFC822.SIZE ${size=[0-9]+} BODY[] {{\{}}${size}{{\}\r\nReturn-Path: <>\r\nDelivered-To: }}${user3}{{\r\n[\s\S]*}})
imapb S: OK
imapb C: SEARCH HEADER Delivered-To ${user3}
imapb S: * ESEARCH (TAG $any) ALL 1
imapb S: OK

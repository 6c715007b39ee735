# From: the user's own addresses go as they are; another user's are refused; foreign ones get a Sender (RFC 6409 sections 6.1 and 8.1), and a
# Sender that is not the user's is replaced.
@ users 2
C: MAIL FROM:<${user}@example.org>
S: 250
C: RCPT TO:<${user}@example.org>
S: 250
C: DATA
S: 354
C: <<
> From: Boss <${user2}@example.org>
>
> x
S: 550 5.7.1
C: MAIL FROM:<${user}@example.org>
S: 250
C: RCPT TO:<${user}@example.org>
S: 250
C: DATA
S: 354
C: <<
> From: ${user}@example.org, List <list@example.net>
> Sender: other@example.net
> Subject: foreign
>
> x
S: 250
C: MAIL FROM:<>
S: 250
C: RCPT TO:<${user}@example.org>
S: 250
C: DATA
S: 354
C: <<
> Subject: nobody
>
> x
S: 250
C: MAIL FROM:<${user}@example.org>
S: 250
C: RCPT TO:<${user}@example.org>
S: 250
C: DATA
S: 354
C: <<
> Resent-From: ${user}@example.org
> From: Boss <${user2}@example.org>
> Subject: sent on
>
> x
S: 250
imap C: SELECT INBOX
imap S: ...
imap S: OK
imap C: FETCH 1:* (BODY.PEEK[HEADER.FIELDS (Sender Subject)])
imap S: * 1 FETCH (BODY[HEADER.FIELDS (Sender Subject)] {{\{[0-9]+\}\r\nSender: [a-z0-9]+@example.org\r\nSubject: foreign\r\n\r\n}})
imap S: * 2 FETCH (BODY[HEADER.FIELDS (Sender Subject)] {{\{[0-9]+\}\r\nSender: [a-z0-9]+@example.org\r\nSubject: nobody\r\n\r\n}})
imap S: * 3 FETCH (BODY[HEADER.FIELDS (Sender Subject)] $lit"Subject: sent on\r\n\r\n")
imap S: OK

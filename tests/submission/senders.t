# Addresses that the configuration gives a user: as sender and in From, without a Sender; not to others, and not as recipients here.
@ users 2
@ config submission: { domains = "example.org"; senders = "x@example.org=nobody Info@Example.org=${user}  shop@example.net=${user}"; };
C: MAIL FROM:<info@example.org>
S: 250 2.1.0
C: RCPT TO:<info@example.org>
S: 550 5.1.1
C: RCPT TO:<${user}@example.org>
S: 250
C: DATA
S: 354
C: <<
> From: Shop <shop@example.net>, INFO@example.org
> Subject: alias
>
> text
S: 250
C: MAIL FROM:<x@example.org>
S: 550 5.7.1
C: MAIL FROM:<info@example.net>
S: 550 5.7.1
b OPEN ${user2}
b C: MAIL FROM:<info@example.org>
b S: 550 5.7.1
imap C: SELECT INBOX
imap S: ...
imap S: OK
imap C: FETCH 1:* BODY.PEEK[HEADER.FIELDS (Sender Subject)]
imap S: * 1 FETCH (BODY[HEADER.FIELDS (Sender Subject)] $lit"Subject: alias\r\n\r\n")
imap S: OK

# The copy is filed once the relay has accepted the message, not when it refuses it; the server's setting may be yes for all.
@ relay
@ config submission: { domains = "example.org"; sent_copy = true; };
C: MAIL FROM:<${user}@example.org>
S: 250
C: RCPT TO:<b@example.net>
relay S: MAIL $any
relay C: 250
relay S: RCPT $any
relay C: 250
S: 250
C: DATA
relay S: DATA
relay C: 354
S: 354
C: <<
> From: ${user}@example.org
> Bcc: b@example.net
>
> refused
relay S: ...
relay S: .
relay C: 550 5.7.1 no
S: 550 5.7.1
imap C: STATUS Sent (MESSAGES)
imap S: * STATUS Sent (MESSAGES 0)
imap S: OK
C: MAIL FROM:<${user}@example.org>
S: 250
C: RCPT TO:<b@example.net>
relay S: MAIL $any
relay C: 250
relay S: RCPT $any
relay C: 250
S: 250
C: DATA
relay S: DATA
relay C: 354
S: 354
C: <<
> From: ${user}@example.org
> Bcc: b@example.net
>
> accepted
relay S: Received: $any
relay S: ...
relay S: From: ${user}@example.org
relay S:
relay S: accepted
relay S: .
relay C: 250
S: 250 2.0.0 sent to 1 as {{[0-9a-f.]+}}; filed
imap C: EXAMINE Sent
imap S: ...
imap S: OK
imap C: FETCH 1:* BODY.PEEK[HEADER.FIELDS (Bcc Received)]
imap S: * 1 FETCH (BODY[HEADER.FIELDS (Bcc Received)] $lit"Bcc: b@example.net\r\n\r\n")
imap S: OK

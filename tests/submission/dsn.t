# Reports of success (RFC 3461, RFC 3464): on accounts here, and where the relay knows no DSN; what stands in xtext breaks no line.
@ relay
C: MAIL FROM:<${user}@example.org> RET=HDRS ENVID=a+0D+0Ab+2Bc
S: 250
C: RCPT TO:<${user}+Archive@example.org> NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;x+3Dy@example.org
S: 250
C: RCPT TO:<b@example.net> NOTIFY=SUCCESS
relay CONNECT
relay C: 220
relay S: EHLO $any
relay C: 250 old
relay S: MAIL FROM:<${user}@example.org>
relay C: 250
relay S: RCPT TO:<b@example.net>
relay C: 250
S: 250
C: RCPT TO:<c@example.net> NOTIFY=NEVER
relay S: RCPT TO:<c@example.net>
relay C: 250
S: 250
C: DATA
relay S: DATA
relay C: 354
S: 354
C: <<
> From: ${user}@example.org
> Subject: original
>
> text
relay S: ...
relay S: .
relay C: 250
S: 250
imap C: SELECT INBOX
imap S: ...
imap S: * 1 EXISTS
imap S: ...
imap S: OK
imap C: FETCH 1 BODYSTRUCTURE
imap S: * 1 FETCH (BODYSTRUCTURE (("text" "plain" $any)("message" "delivery-status" $any)("text" "rfc822-headers" $any) "report" ("report-type" "delivery-status" "boundary" $any) $any))
imap S: OK
imap C: FETCH 1 BODY.PEEK[2]
imap S: * 1 FETCH (BODY[2] {{\{[0-9]+\}\r\nReporting-MTA: dns; [^\r]+\r\nOriginal-Envelope-Id: a\?\?b\+c\r\nArrival-Date: [^\r]+\r\n\r\nOriginal-Recipient: rfc822;x=y@example.org\r\nFinal-Recipient: rfc822;[a-z0-9]+\+Archive@example.org\r\nAction: delivered\r\nStatus: 2.1.5\r\n\r\nFinal-Recipient: rfc822;b@example.net\r\nAction: relayed\r\nStatus: 2.0.0\r\n(\r\n)?}})
imap S: OK
imap C: SEARCH HEADER Return-Path "<>" HEADER Auto-Submitted "auto-replied"
imap S: * ESEARCH (TAG $any) ALL 1
imap S: OK

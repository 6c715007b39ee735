# A relay that knows no extensions: one command at a time, no parameters, no SMTPUTF8 and no 8-bit mail (RFC 6531 section 3.1, RFC 6152 section 3).
@ relay
C: MAIL FROM:<${user}@example.org> RET=FULL
S: 250
C: RCPT TO:<b@example.net> ORCPT=utf-8;ü@example.net
S: 553 5.6.7
C= RCPT TO:<b@example.net> NOTIFY=NEVER\r\nRCPT TO:<c@example.net>
relay CONNECT
relay C: 220
relay S: EHLO $any
relay C: 250 old
relay S: MAIL FROM:<${user}@example.org>
relay C: 250
relay S: RCPT TO:<b@example.net>
relay C: 250
S: 250
relay S: RCPT TO:<c@example.net>
relay C: 250
S: 250
C: DATA
relay S: DATA
relay C: 354
S: 354
C: <<
> x: ü
S: 554 5.6.3
relay S: ...
relay CLOSED
C: MAIL FROM:<${user}@example.org> SMTPUTF8
S: 250
C: RCPT TO:<ü@example.net>
relay CONNECT
relay C: 220
relay S: EHLO $any
relay C: 250 old
S: 550 5.6.7
C: RCPT TO:<c@example.net>
relay S: RCPT TO:<c@example.net>
relay C: 503
S: 550 5.6.7

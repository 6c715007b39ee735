# FUTURERELEASE (RFC 4865) is the relay's: offered once it was seen to offer it (here it takes nobody at the start), checked, passed on; accounts here get
# such mail from the relay, too.
@ relay
@ users 2
C: MAIL FROM:<${user}@example.org> HOLDFOR=60
S: 555 5.5.4
C: MAIL FROM:<${user}@example.org>
S: 250
C: RCPT TO:<b@example.net>
relay CONNECT
relay C: 220 x
relay S: EHLO $any
relay C: 250-x
relay C: 250 FUTURERELEASE 86400 2099-01-01T00:00:00Z
relay S: MAIL FROM:<${user}@example.org>
relay C: 250
relay S: RCPT TO:<b@example.net>
relay C: 250
S: 250
C: RSET
S: 250
relay S: RSET
relay C: 250
C: EHLO client.example.org
S: ...
S: 250-FUTURERELEASE 86400 2099-01-01T00:00:00Z
S: ...
S: 250 SIZE $any
C: MAIL FROM:<${user}@example.org> HOLDFOR=86401
S: 501 5.5.4
C: MAIL FROM:<${user}@example.org> HOLDFOR=0
S: 501 5.5.4
C: MAIL FROM:<${user}@example.org> HOLDFOR
S: 501 5.5.4
C: MAIL FROM:<${user}@example.org> HOLDUNTIL=2099-01-01T00:00:01Z
S: 501 5.5.4
C: MAIL FROM:<${user}@example.org> HOLDUNTIL=2098-01-01T00:00:00+01:00
S: 501 5.5.4
C: MAIL FROM:<${user}@example.org> HOLDFOR=60 HOLDUNTIL=2098-01-01T00:00:00Z
S: 501 5.5.4
C: MAIL FROM:<${user}@example.org> HOLDFOR=60 HOLDFOR=60
S: 501 5.5.4
C: MAIL FROM:<${user}@example.org> HOLDUNTIL=2099-01-01T00:00:00Z
S: 250
C: RCPT TO:<${user2}>
S: 550 5.1.3
C: RCPT TO:<${user2}@example.org> NOTIFY=SUCCESS
relay S: MAIL FROM:<${user}@example.org> HOLDUNTIL=2099-01-01T00:00:00Z
relay C: 250
relay S: RCPT TO:<${user2}@example.org>
relay C: 250
S: 250
C: DATA
relay S: DATA
relay C: 354
S: 354
C: <<
> Subject: for later
relay S: ...
relay S: .
relay C: 250
S: 250 2.0.0
imap OPEN ${user2}
imap C: STATUS INBOX (MESSAGES)
imap S: * STATUS INBOX (MESSAGES 0)
imap S: OK
imap CLOSE
# The relay does not report: our report says what was asked (section 5.1.2).
imap OPEN ${user}
imap C: SELECT INBOX
imap S: ...
imap S: OK
imap C: FETCH 1 BODY.PEEK[2]
imap S: * 1 FETCH (BODY[2] {{\{[0-9]+\}\r\nReporting-MTA: [^\r]*\r\nArrival-Date: [^\r]*\r\nFuture-Release-Request: until;2099-01-01T00:00:00Z\r\n\r\nFinal-Recipient: [^\r]*\r\nAction: relayed\r\nStatus: 2.0.0\r\n(\r\n)*}})
imap S: OK
# Another session knows at once.
b CONNECT
b S: 220
b C: EHLO client.example.org
b S: ...
b S: 250-FUTURERELEASE 86400 2099-01-01T00:00:00Z
b S: ...
b S: 250 SIZE $any
b CLOSE
# The relay ends the connection that was kept, is reached again at once, and offers it no more: nobody can hold it.
C: MAIL FROM:<${user}@example.org> HOLDFOR=60
S: 250
C: RCPT TO:<b@example.net>
relay S: MAIL $any
relay C: 421 bye
relay CONNECT
relay C: 220 x
relay S: EHLO $any
relay C: 250-x
relay C: 250 FUTURERELEASE 0 2099-01-01T00:00:00Z
relay S: RCPT TO:<b@example.net>
relay C: 503
S: 550 5.3.3
C: RSET
S: 250
C: EHLO client.example.org
S: ...
S: 250-DSN
S: 250-BURL imap
S: ...
S: 250 SIZE $any
C: MAIL FROM:<${user}@example.org> HOLDFOR=60
S: 555 5.5.4

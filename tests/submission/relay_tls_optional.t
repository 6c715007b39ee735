# relay.tls = "optional": TLS where the relay offers STARTTLS, with whatever certificate it shows; without the offer mail goes as it is.
@ relay tls = "optional"; host = "127.0.0.1";
C: MAIL FROM:<${user}@example.org>
S: 250
C: RCPT TO:<b@example.net>
relay CONNECT
relay C: 220 x
relay S: EHLO $any
relay C: 250-x
relay C: 250-SIZE
relay C: 250 STARTTLS
relay S: STARTTLS
relay C: 220 go
relay STARTTLS
relay S: EHLO $any
relay C: 250 x
relay S: MAIL FROM:<${user}@example.org>
relay C: 250
relay S: RCPT TO:<b@example.net>
relay C: 250
S: 250
relay CLOSE
C: RSET
S: 250
C: MAIL FROM:<${user}@example.org>
S: 250
C: RCPT TO:<b@example.net>
S: ...
relay CONNECT
relay C: 220 x
relay S: EHLO $any
relay C: 250 8BITMIME
relay S: MAIL FROM:<${user}@example.org>
relay C: 250
relay S: RCPT TO:<b@example.net>
relay C: 250
S: 250
relay CLOSE
C: RSET
S: 250
# Offered, and then refused: this is no relay that has none.
C: MAIL FROM:<${user}@example.org>
S: 250
C: RCPT TO:<b@example.net>
S: ...
relay CONNECT
relay C: 220 x
relay S: EHLO $any
relay C: 250-x
relay C: 250 STARTTLS
relay S: STARTTLS
relay C: 454 4.7.0 not now
relay CLOSED
S: 451 4.4.2 the relay cannot take it now: it refuses STARTTLS: 454 not now

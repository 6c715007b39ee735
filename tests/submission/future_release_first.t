# What the relay offers is known before any mail goes there: the server has asked at its start. The first session may use it.
@ relay
@ offers FUTURERELEASE 86400 2099-01-01T00:00:00Z
@ offers PIPELINING
C: EHLO client.example.org
S: ...
S: 250-FUTURERELEASE 86400 2099-01-01T00:00:00Z
S: ...
S: 250 SIZE $any
C: MAIL FROM:<${user}@example.org> HOLDFOR=60
S: 250
C: RCPT TO:<b@example.net>
relay CONNECT
relay C: 220 x
relay S: EHLO $any
relay C: 250-x
relay C: 250 FUTURERELEASE 86400 2099-01-01T00:00:00Z
relay S: MAIL FROM:<${user}@example.org> HOLDFOR=60
relay C: 250
relay S: RCPT TO:<b@example.net>
relay C: 250
S: 250

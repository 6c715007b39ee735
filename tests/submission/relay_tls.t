# STARTTLS to the relay, its certificate checked, then a log-in there; a relay without STARTTLS gets nothing.
@ relay tls = "required"; ca = "{dir}/cert.pem"; user = "star"; password_file = "{dir}/password";
C: MAIL FROM:<${user}@example.org>
S: 250
C: RCPT TO:<b@example.net>
relay CONNECT
relay C: 220 x
relay S: EHLO $any
relay C: 250-x
relay C: 250-AUTH PLAIN
relay C: 250 STARTTLS
relay S: STARTTLS
relay C: 220 go
relay STARTTLS
relay S: EHLO $any
relay C: 250-x
relay C: 250 AUTH LOGIN PLAIN
relay S: AUTH PLAIN AHN0YXIAcmVsYXkgcGFzc3dvcmQ=
relay C: 235 2.7.0 in
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
relay C: 250 x
relay CLOSED
S: 451 4.7.4
C: RSET
S: 250
C: MAIL FROM:<${user}@example.org>
S: 250
C: RCPT TO:<b@example.net>
relay CONNECT
relay C: 220 x
relay S: EHLO $any
relay C: 250-x
relay C: 250 STARTTLS
relay S: STARTTLS
relay C: 220 go
relay STARTTLS
relay S: EHLO $any
relay C: 250-x
relay C: 250 AUTH LOGIN
relay S: AUTH LOGIN
relay C: 334 VXNlcm5hbWU6
relay S: c3Rhcg==
relay C: 334 UGFzc3dvcmQ6
relay S: cmVsYXkgcGFzc3dvcmQ=
relay C: 535 5.7.8 no
S: 451 4.7.0

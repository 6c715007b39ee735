# A relay whose certificate nobody vouches for gets no mail and no password: with STARTTLS and with TLS from the first octet (RFC 8314).
@ relay tls = "required"; user = "star"; password_file = "{dir}/password";
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
relay STARTTLS refused
S: 451 4.4.1 the relay cannot take it now: certificate verify failed

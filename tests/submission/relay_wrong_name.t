# The certificate must be for the name that was configured: here it is for localhost.
@ relay host = "127.0.0.1"; tls = "implicit"; ca = "{dir}/cert.pem";
C: MAIL FROM:<${user}@example.org>
S: 250
C: RCPT TO:<b@example.net>
relay CONNECT
relay STARTTLS refused
S: 451 4.4.1 the relay cannot take it now: certificate verify failed

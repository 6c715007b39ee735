# Lines that begin with dots come back as they were, a message without a last CRLF gets one, and LIST counts it (RFC 1939 section 3).
imap C: APPEND INBOX $lit".\r\n..\r\nSubject: x\r\n\r\n.\r\n.a\r\na.\r\n\r\n."
imap S: OK
imap C: APPEND INBOX $lit"a: b\r\n\r\nwith a \0 in it\r\n"
imap S: OK
C: LIST
S: +OK
S: 1 37
S: 2 24
S: .
C: RETR 1
S: +OK 37 octets
S: ..
S: ...
S: Subject: x
S: {{}}
S: ..
S: ..a
S: a.
S: {{}}
S: ..
S: .
C: RETR 2
S: +OK
S: a: b
S: {{}}
S: {{with a \x80 in it}}
S: .

# What CATENATE takes from a binary message stays octet for octet, lone LFs as well (RFC 4469 section 3); what the client sends itself does not.
C: MAIL FROM:<s@example.org> BODY=BINARYMIME
S: 250
C: RCPT TO:<${user}>
S: 250
C= BDAT 38 LAST\r\nContent-Type: image/png\r\n\r\na\nb\n\0\r\n\nc\r\n\c
S: 250 2.1.5 <${user}> delivered
imap C: APPEND INBOX CATENATE (TEXT $lit"X: y\n\nz\n" URL "/INBOX/;UID=1/;SECTION=TEXT")
imap S: OK [APPENDUID $nz 2]
imap C: SELECT INBOX
imap S: ...
imap S: OK
imap C: FETCH 2 (RFC822.SIZE BINARY.PEEK[])
imap S: * 2 FETCH (RFC822.SIZE 22 BINARY[] $lit8"X: y\r\n\r\nz\r\na\nb\n\0\r\n\nc\r\n")
imap S: OK

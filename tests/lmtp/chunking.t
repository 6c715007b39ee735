# BDAT: octets are counted, dots mean nothing, binary octets stay as they are, and DATA does not mix with it (RFC 3030 sections 2 and 3).
C: MAIL FROM:<s@example.org> BODY=BINARYMIME
S: 250
C: RCPT TO:<${user}>
S: 250
C: DATA
S: 503 5.5.1
C= BDAT 29\r\nContent-Type: image/png\r\n\r\nab\c
S: 250 2.0.0
C: DATA
S: 503 5.5.1
C: RCPT TO:<${user}>
S: 503 5.5.1
C= BDAT 8 LAST\r\n\n\0\r\n.\r\n\n\c
S: 250 2.1.5 <${user}> delivered
C= BDAT 3 LAST\r\nabc\c
S: 503 5.5.1
C: MAIL FROM:<s@example.org>
S: 250
C= BDAT 3\r\nabc\c
S: 503 5.5.1
C= BDAT 3 LAST\r\nabcNOOP
S: 250 2.0.0 still here
imap C: SELECT INBOX
imap S: ...
imap S: OK
imap C: FETCH 1 BINARY.PEEK[1]
imap S: * 1 FETCH (BINARY[1] $lit8"ab\n\0\r\n.\r\n\n")
imap S: OK

# Unless somebody wants it nothing is filed, and an APPEND is an APPEND.
C: MAIL FROM:<${user}@example.org>
S: 250
C: RCPT TO:<${user}@example.org>
S: 250
C: DATA
S: 354
C: <<
> From: ${user}@example.org
> Message-ID: <one@example.org>
>
> text
S: 250 2.0.0
imap C: STATUS Sent (MESSAGES)
imap S: * STATUS Sent (MESSAGES 0)
imap S: OK
imap C: APPEND Sent $lit+"From: ${user}@example.org\r\nMessage-ID: <one@example.org>\r\n\r\ntext\r\n"
imap S: OK [APPENDUID ${validity} 1]
imap C: APPEND Sent $lit+"From: ${user}@example.org\r\nMessage-ID: <one@example.org>\r\n\r\ntext\r\n"
imap S: OK [APPENDUID ${validity} 2]

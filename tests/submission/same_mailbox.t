# To and Bcc name the same recipient, or another address of his: he has the message once. With no Message-ID, what is sent again is another message.
@ users 2
C: MAIL FROM:<${user}@example.org>
S: 250
C: RCPT TO:<${user2}@example.org>
S: 250
C: RCPT TO:<${user2}@example.org>
S: 250
C: RCPT TO:<${user2}+nothing-there@example.org>
S: 250
C: DATA
S: 354
C: <<
> From: ${user}@example.org
> To: ${user2}@example.org
> Bcc: ${user2}@example.org
>
> text
S: 250 2.0.0 sent to 3 as {{[0-9a-f.]+}}
imap OPEN ${user2}
imap C: STATUS INBOX (MESSAGES)
imap S: * STATUS INBOX (MESSAGES 1)
imap S: OK
C: MAIL FROM:<${user}@example.org>
S: 250
C: RCPT TO:<${user2}@example.org>
S: 250
C: DATA
S: 354
C: <<
> From: ${user}@example.org
> To: ${user2}@example.org
> Bcc: ${user2}@example.org
>
> text
S: 250 2.0.0 sent to 1 as {{[0-9a-f.]+}}
imap C: STATUS INBOX (MESSAGES)
imap S: * STATUS INBOX (MESSAGES 2)
imap S: OK

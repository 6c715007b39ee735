# Recipients that lead to the same mailbox: each has its answer (RFC 2033 section 4.2), the mailbox has the message once. In another transaction the same
# text is another message, having no Message-ID.
C: MAIL FROM:<s@example.org>
S: 250
C: RCPT TO:<${user}@example.org>
S: 250
C: RCPT TO:<${user}@example.org>
S: 250
C: RCPT TO:<${user}>
S: 250
C: RCPT TO:<${user}+Archive>
S: 250
C: RCPT TO:<${user}+nothing-there>
S: 250
C: DATA
S: 354
C: <<
> Subject: once
>
> text
S: 250 2.1.5 <${user}@example.org> delivered
S: 250 2.1.5 <${user}@example.org> was delivered before
S: 250 2.1.5 <${user}> was delivered before
S: 250 2.1.5 <${user}+Archive> delivered
S: 250 2.1.5 <${user}+nothing-there> was delivered before
imap C: STATUS INBOX (MESSAGES)
imap S: * STATUS INBOX (MESSAGES 1)
imap S: OK
imap C: STATUS Archive (MESSAGES)
imap S: * STATUS Archive (MESSAGES 1)
imap S: OK
C: MAIL FROM:<s@example.org>
S: 250
C: RCPT TO:<${user}>
S: 250
C: DATA
S: 354
C: <<
> Subject: once
>
> text
S: 250 2.1.5 <${user}> delivered
imap C: STATUS INBOX (MESSAGES)
imap S: * STATUS INBOX (MESSAGES 2)
imap S: OK

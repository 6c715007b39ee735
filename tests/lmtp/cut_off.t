# A connection lost within the message delivers nothing.
C: MAIL FROM:<a@example.org>
S: 250
C: RCPT TO:<${user}>
S: 250
C: DATA
S: 354
C: Subject: half
C: .x
CLOSE
b C: NOOP
b S: 250
imap C: STATUS INBOX (MESSAGES)
imap S: * STATUS INBOX (MESSAGES 0)
imap S: OK

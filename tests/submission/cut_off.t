# A connection lost within the message delivers nothing.
C: MAIL FROM:<${user}@example.org>
S: 250
C: RCPT TO:<${user}@example.org>
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

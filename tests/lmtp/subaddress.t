# user+folder goes to the folder if there is one, whatever the case of its letters, else to INBOX (RFC 5233 section 1 calls it detail). A
# mailbox that several of them lead to has the message once.
@ mailbox Work/Offers
C: MAIL FROM:<s@example.org>
S: 250
C: RCPT TO:<${user}+archive@example.org>
S: 250
C: RCPT TO:<${user}+Work/Offers@example.org>
S: 250
C: RCPT TO:<${user}+nothing-there@example.org>
S: 250
C: RCPT TO:<${user}+@example.org>
S: 250
C: RCPT TO:<+${user}@example.org>
S: 550 5.1.1
C: DATA
S: 354
C: $data(plain.eml)
S: 250
S: 250
S: 250
S: 250
imap C: STATUS Archive (MESSAGES)
imap S: * STATUS Archive (MESSAGES 1)
imap S: OK
imap C: STATUS Work/Offers (MESSAGES)
imap S: * STATUS Work/Offers (MESSAGES 1)
imap S: OK
imap C: STATUS INBOX (MESSAGES)
imap S: * STATUS INBOX (MESSAGES 1)
imap S: OK

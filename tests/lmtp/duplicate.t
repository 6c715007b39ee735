# The same envelope and content again, as after a lost answer, is not delivered twice; to another folder or from another sender it is.
C: MAIL FROM:<s@example.org>
S: 250
C: RCPT TO:<${user}>
S: 250
C: DATA
S: 354
C: $data(plain.eml)
S: 250 2.1.5 <${user}> delivered
CLOSE
b C: MAIL FROM:<s@example.org>
b S: 250
b C: RCPT TO:<${user}>
b S: 250
b C: RCPT TO:<${user}+Archive>
b S: 250
b C: DATA
b S: 354
b C: $data(plain.eml)
b S: 250 2.1.5 <${user}> was delivered before
b S: 250 2.1.5 <${user}+Archive> delivered
b C: MAIL FROM:<other@example.org>
b S: 250
b C: RCPT TO:<${user}>
b S: 250
b C: DATA
b S: 354
b C: $data(plain.eml)
b S: 250 2.1.5 <${user}> delivered
imap C: STATUS INBOX (MESSAGES)
imap S: * STATUS INBOX (MESSAGES 2)
imap S: OK

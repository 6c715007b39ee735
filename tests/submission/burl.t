# BURL: a message from parts that are in a mailbox, with BDAT between (RFC 4468 section 3.2); URLs for others and changed ones give nothing.
@ users 2
@ mailbox INBOX 2
C: EHLO client.example.org
S: ...
S: 250-BURL imap
S: ...
S: 250 SIZE $any
imap C: GENURLAUTH "imap://${user}@localhost/INBOX/;UID=1;URLAUTH=submit+${user}" INTERNAL "imap://${user}@localhost/INBOX/;UID=2/;SECTION=TEXT;URLAUTH=submit+${user}" INTERNAL "imap://${user}@localhost/INBOX/;UID=2;URLAUTH=submit+${user2}" INTERNAL
imap S: * GENURLAUTH {{"?}}${whole}{{"?}} {{"?}}${part}{{"?}} {{"?}}${other}{{"?}}
imap S: OK
C: BURL ${whole} LAST
S: 503 5.5.1
C: MAIL FROM:<${user}@example.org>
S: 250
C: BURL ${whole} LAST
S: 554 5.5.0
C: RCPT TO:<${user2}@example.org>
S: 250
C: BURL ${whole} FIRST
S: 501 5.5.4
C: BURL
S: 501 5.5.4
C: BURL ${other} LAST
S: 554 5.7.0
C: RCPT TO:<${user2}@example.org>
S: 503 5.5.1
C: MAIL FROM:<${user}@example.org>
S: 250
C: RCPT TO:<${user2}@example.org>
S: 250
C: BURL ${whole}0 LAST
S: 554 5.7.0
C: MAIL FROM:<${user}@example.org>
S: 250
C: RCPT TO:<${user2}@example.org>
S: 250
C: BURL ${whole} LAST
S: 250 2.0.0
C: MAIL FROM:<${user}@example.org>
S: 250
C: RCPT TO:<${user2}@example.org>
S: 250
C= BDAT 16\r\nSubject: x\r\n\r\n>>BURL ${part}
S: 250 2.0.0
S: 250 2.5.0
C: BDAT 2 LAST
C= <<\c
S: 250 2.0.0
b OPEN ${user2}
b C: MAIL FROM:<>
b S: 250
imap CLOSE
imap OPEN ${user2}
imap C: SELECT INBOX
imap S: ...
imap S: OK
imap C: FETCH 1:* (BODY.PEEK[HEADER.FIELDS (Subject Sender)] BODY.PEEK[TEXT])
imap S: * 1 FETCH (BODY[HEADER.FIELDS (Subject Sender)] {{\{[0-9]+\}\r\nSender: [a-z0-9]+@example.org\r\nSubject: Message 1\r\n\r\n}} BODY[TEXT] $lit"Body of message 1.\r\n")
imap S: * 2 FETCH (BODY[HEADER.FIELDS (Subject Sender)] {{\{[0-9]+\}\r\nSender: [a-z0-9]+@example.org\r\nSubject: x\r\n\r\n}} BODY[TEXT] $lit">>Body of message 2.\r\n<<")
imap S: OK

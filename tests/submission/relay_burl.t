# BURL through the relay: parts of mailboxes and chunks become one message there; a URL that gives nothing ends what the relay has begun to take.
@ relay
@ users 2
@ mailbox INBOX 2
imap C: GENURLAUTH "imap://${user}@localhost/INBOX/;UID=1;URLAUTH=submit+${user}" INTERNAL "imap://${user}@localhost/INBOX/;UID=2/;SECTION=TEXT;URLAUTH=submit+${user}" INTERNAL
imap S: * GENURLAUTH {{"?}}${whole}{{"?}} {{"?}}${part}{{"?}}
imap S: OK
C: MAIL FROM:<${user}@example.org>
S: 250
C: RCPT TO:<b@example.net>
relay S: MAIL $any
relay C: 250
relay S: RCPT $any
relay C: 250
S: 250
C: BURL ${whole} LAST
relay S: DATA
relay C: 354
relay S: ...
relay S: Subject: Message 1
relay S: ...
relay S: Body of message 1.
relay S: ...
relay S: .
relay C: 250 2.0.0 queued
S: 250 2.0.0 sent to 1 as {{[0-9a-f.]+}}; the relay: queued
C: MAIL FROM:<${user}@example.org>
S: 250
C: RCPT TO:<b@example.net>
relay S: MAIL $any
relay C: 250
relay S: RCPT $any
relay C: 250
S: 250
C: BDAT 14
C= Subject: x\r\n\r\n\c
relay S: DATA
relay C: 354
S: 250 2.0.0
C: BURL ${part}
S: 250 2.5.0
relay S: ...
relay S: Subject: x
relay S: ...
relay S: Body of message 2.
C: BDAT 6 LAST
C= .end\r\n\c
relay S: ..end
relay S: .
relay C: 250
S: 250 2.0.0
# The second URL is no good: the relay never gets the end.
C: MAIL FROM:<${user}@example.org>
S: 250
C: RCPT TO:<b@example.net>
relay S: MAIL $any
relay C: 250
relay S: RCPT $any
relay C: 250
S: 250
C: BURL ${part}
relay S: DATA
relay C: 354
S: 250 2.5.0
C: BURL ${part}0 LAST
S: 554 5.7.0
relay S: ...
relay CLOSED
C: RCPT TO:<b@example.net>
S: 503 5.5.1

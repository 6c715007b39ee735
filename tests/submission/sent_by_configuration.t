# The configuration can want it for all; a user says no for himself, and yes again by taking that back. Without either nothing is filed.
@ config submission = { domains = "example.org"; sent_copy = true; };
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
imap S: * STATUS Sent (MESSAGES 1)
imap S: OK
imap C: SETMETADATA "" (/private/vendor/starling/sent-copy "no")
imap S: OK
C: MAIL FROM:<${user}@example.org>
S: 250
C: RCPT TO:<${user}@example.org>
S: 250
C: DATA
S: 354
C: <<
> From: ${user}@example.org
> Message-ID: <two@example.org>
>
> text
S: 250 2.0.0
imap C: STATUS Sent (MESSAGES)
imap S: * STATUS Sent (MESSAGES 1)
imap S: OK
imap C: SETMETADATA "" (/private/vendor/starling/sent-copy NIL)
imap S: OK
imap C: DELETE Sent
imap S: OK
C: MAIL FROM:<${user}@example.org>
S: 250
C: RCPT TO:<${user}@example.org>
S: 250
C: DATA
S: 354
C: <<
> From: ${user}@example.org
> Message-ID: <three@example.org>
>
> text
S: 250 2.0.0
imap C: LIST (SPECIAL-USE) "" * RETURN (STATUS (MESSAGES))
imap S: ...
imap S: * LIST $has(\Sent) "/" Sent
imap S: ...
imap S: * STATUS Sent (MESSAGES 1)
imap S: ...
imap S: OK

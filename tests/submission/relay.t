# Recipients elsewhere: the relay is asked at once, and its answer is the client's (RFC 6409, RFC 5321 section 4.5.3.2).
@ relay
@ users 2
C: MAIL FROM:<${user}@example.org> SIZE=100 RET=HDRS ENVID=x
S: 250 2.1.0
C: RCPT TO:<b@example.net> NOTIFY=SUCCESS
relay S: MAIL FROM:<${user}@example.org> SIZE=100 BODY=8BITMIME RET=HDRS ENVID=x
relay C: 250 2.1.0 fine
relay S: RCPT TO:<b@example.net> NOTIFY=SUCCESS
relay C: 250 2.1.5 fine
S: 250 2.1.5
C: RCPT TO:<nobody@example.net>
relay S: RCPT TO:<nobody@example.net>
relay C: 550-5.1.1 there is
relay C: 550 5.1.1 nobody
S: 550 5.1.1 there is nobody
C: RCPT TO:<alias@example.org>
relay S: RCPT TO:<alias@example.org>
relay C: 550 5.1.1 not here
S: 550 5.1.1 not here
C: RCPT TO:<${user2}@example.org>
S: 250 2.1.5
C: DATA
relay S: DATA
relay C: 354 go on
S: 354
C: <<
> From: ${user}@example.org
> Bcc: secret@example.net
> Date: Mon, 01 Jan 2024 12:00:00 +0000
> Message-ID: <relay@example.org>
>
> ..
> .text
relay S: Received: from client.example.org ([127.0.0.1])
relay S: {{\tby [^ ]+ with ESMTPA id .*}}
relay S: {{\t.* \+0000}}
relay S: From: ${user}@example.org
relay S: Date: Mon, 01 Jan 2024 12:00:00 +0000
relay S: Message-ID: <relay@example.org>
relay S:
relay S: ...
relay S: ..text
relay S: .
imap OPEN ${user2}
imap C: STATUS INBOX (MESSAGES)
imap S: * STATUS INBOX (MESSAGES 0)
imap S: OK
relay C: 250 2.0.0 queued as 17
S: 250 2.0.0 sent to 2 as {{[0-9a-f.]+}}; the relay: queued as 17
imap C: STATUS INBOX (MESSAGES)
imap S: * STATUS INBOX (MESSAGES 1)
imap S: OK
C: QUIT
S: 221
relay S: QUIT

# The relay is down, and mail for it waits here (relay.spool): the client has its answer at once. As soon as another session reaches the relay, it is sent.
@ relay spool = true;
@ users 2
C: MAIL FROM:<${user}@example.org> RET=HDRS ENVID=x
S: 250
C: RCPT TO:<b@example.net> NOTIFY=SUCCESS,FAILURE
relay CONNECT
relay CLOSE
S: 250 2.1.5 it waits here until the relay takes it
C: RCPT TO:<c@example.net>
S: 250 2.1.5 it waits here until the relay takes it
C: RCPT TO:<${user2}@example.org>
S: 250 2.1.5 recipient accepted
C: DATA
S: 354
C: <<
> From: ${user}@example.org
> Bcc: secret@example.net
> Date: Mon, 01 Jan 2024 12:00:00 +0000
> Message-ID: <spool@example.org>
>
> .text
S: 250 2.0.0 sent to 3 as {{[0-9a-f.]+}}; 2 of them wait here for the relay
imap OPEN ${user2}
imap C: STATUS INBOX (MESSAGES)
imap S: * STATUS INBOX (MESSAGES 1)
imap S: OK
C: MAIL FROM:<${user}@example.org>
S: 250
C: RCPT TO:<d@example.net>
relay2 CONNECT
relay2 C: 220 r
relay2 S: EHLO $any
relay2 C: 250 DSN
relay2 S: MAIL $any
relay3 CONNECT
relay3 C: 220 r
relay3 S: EHLO $any
relay3 C: 250-r
relay3 C: 250-PIPELINING
relay3 C: 250 DSN
relay3 S: MAIL FROM:<${user}@example.org> RET=HDRS ENVID=x
relay3 S: RCPT TO:<b@example.net> NOTIFY=SUCCESS,FAILURE
relay3 S: RCPT TO:<c@example.net>
relay3 C: 250
relay3 C: 550 5.1.1 nobody
relay3 C: 250
relay3 S: DATA
relay3 C: 354
relay3 S: Received: from client.example.org ([127.0.0.1])
relay3 S: {{\tby [^ ]+ with ESMTPA id .*}}
relay3 S: {{\t.* \+0000}}
relay3 S: From: ${user}@example.org
relay3 S: Date: Mon, 01 Jan 2024 12:00:00 +0000
relay3 S: Message-ID: <spool@example.org>
relay3 S:
relay3 S: ..text
relay3 S: .
relay3 C: 250 taken
relay3 S: QUIT

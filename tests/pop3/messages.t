# STAT, LIST, UIDL, RETR, TOP of three messages (RFC 1939 sections 5 and 7).
@ mailbox INBOX 3
C: STAT
S: +OK 3 {{(?!0$)[0-9]+}}
C: LIST
S: +OK
S: 1 ${size=[0-9]+}
S: 2 $num
S: 3 $num
S: .
C: LIST 1
S: +OK 1 ${size}
C: UIDL
S: +OK
S: 1 ${one=[!-~]+}
S: 2 ${two=[!-~]+}
S: 3 $any
S: .
C: UIDL 2
S: +OK 2 ${two}
C: RETR 1
S: +OK ${size} octets
S: From: Sender 1 <sender1@example.org>
S: To: anna@example.org
S: Subject: Message 1
S: ...
S: Body of message 1.
S: .
C: TOP 2 0
S: +OK
S: ...
S: Message-ID: <2@example.org>
S: {{}}
S: .
C: TOP 2 5
S: +OK
S: ...
S: {{}}
S: Body of message 2.
S: .
C: RETR 4
S: -ERR
C: RETR 0
S: -ERR
C: RETR 1 2
S: -ERR
C: TOP 1
S: -ERR
C: TOP 1 -1
S: -ERR
C: LIST 99999999999999999999
S: -ERR
C: NOOP
S: +OK
b C: UIDL 1
b S: +OK 1 ${one}

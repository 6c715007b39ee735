# BODY.PEEK[...] leaves \Seen alone (RFC 9051 section 6.4.5).
@ mailbox INBOX 1

C: SELECT INBOX
S: ...
S: OK
C: FETCH 1 BODY.PEEK[TEXT]
S: * 1 FETCH (BODY[TEXT] $str"Body of message 1.\r\n")
S: OK
C: STATUS INBOX (UNSEEN)
S: * STATUS INBOX (UNSEEN 1)
S: OK

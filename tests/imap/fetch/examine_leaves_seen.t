# BODY[...] in a mailbox that was opened by EXAMINE changes nothing (RFC 9051 section 6.3.3).
@ mailbox INBOX 1

C: EXAMINE INBOX
S: ...
S: OK [READ-ONLY]
C: FETCH 1 BODY[TEXT]
S: * 1 FETCH (BODY[TEXT] $str"Body of message 1.\r\n")
S: OK
C: STATUS INBOX (UNSEEN)
S: * STATUS INBOX (UNSEEN 1)
S: OK

# STORE in a mailbox opened by EXAMINE is NO (RFC 9051 section 6.3.3).
@ mailbox INBOX 1

C: EXAMINE INBOX
S: ...
S: OK
C: STORE 1 +FLAGS (\Seen)
S: NO
C: UID STORE 1:* +FLAGS (\Seen)
S: NO
C: STATUS INBOX (UNSEEN)
S: * STATUS INBOX (UNSEEN 1)
S: OK

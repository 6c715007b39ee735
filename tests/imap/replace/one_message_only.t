# MULTIAPPEND's form is not for REPLACE (RFC 8508 section 4.7): a second message is an error and nothing happens.
@ mailbox INBOX 2
C: SELECT INBOX
S: ...
S: OK
C: REPLACE 1 INBOX (\Seen) $lit+"Subject: a\r\n\r\nx" (\Draft) $lit+"Subject: b\r\n\r\ny"
S: BAD
C: REPLACE 1 INBOX $lit+"Subject: a\r\n\r\nx" 2
S: BAD
C: NOOP
S: OK
C: STATUS INBOX (MESSAGES UIDNEXT)
S: * STATUS INBOX (MESSAGES 2 UIDNEXT 3)
S: OK

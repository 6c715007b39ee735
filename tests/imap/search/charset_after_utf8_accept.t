# After ENABLE UTF8=ACCEPT only UTF-8 and US-ASCII may still be named (RFC 9755 section 3, users.md section 1.5).
@ needs UTF8=ACCEPT
@ mailbox INBOX 1

C: ENABLE UTF8=ACCEPT
S: * ENABLED UTF8=ACCEPT
S: OK
C: SELECT INBOX
S: ...
S: OK
C: SEARCH CHARSET UTF-8 SUBJECT message
[rev1] S: * SEARCH 1
[rev2] S: * ESEARCH (TAG $any) ALL 1
S: OK
C: SEARCH CHARSET ISO-8859-1 SUBJECT message
S: BAD

# The command's name is read in any case (RFC 8508 section 5).
@ mailbox INBOX 2

C: SELECT INBOX
S: ...
S: OK
C: replace 1 INBOX $lit+"Subject: a\r\n\r\nfirst"
S: * OK [APPENDUID $nz 3] $text
S: ...
S: OK
C: Uid Replace 2 INBOX $lit+"Subject: a\r\n\r\nsecond"
S: * OK [APPENDUID $nz 4] $text
S: ...
S: OK

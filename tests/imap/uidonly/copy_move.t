# UID COPY and UID MOVE return COPYUID; MOVE tells VANISHED behind it (RFC 9586 section 3.6).
@ mailbox INBOX 3
@ mailbox Archive

C: ENABLE UIDONLY
S: * ENABLED UIDONLY
S: OK
C: SELECT INBOX
S: ...
S: OK
C: UID COPY 2 Archive
S: OK [COPYUID $nz 2 1] $text
C: UID MOVE 1,3 Archive
S: * OK [COPYUID $nz 1,3 2:3] $text
S: * VANISHED 1,3
S: ...
S: OK
C: UID REPLACE 2 INBOX $lit"Subject: new\r\n\r\nx"
S: * OK [APPENDUID $nz 4] $text
S~ * VANISHED 2
S~ * 1 EXISTS
S~ ...
S: OK

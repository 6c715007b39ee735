# MOVE of a message leaves others that are \Deleted where they are (RFC 6851 section 3.3).
@ mailbox INBOX 3
@ mailbox Other

C: SELECT INBOX
S: ...
S: OK
C: STORE 3 +FLAGS.SILENT (\Deleted)
S: OK
C: MOVE 1 Other
S: * OK [COPYUID $nz 1 1]
S: * 1 EXPUNGE
[rev1] S: ...
S: OK
C: SEARCH DELETED
[rev1] S: * SEARCH 2
[rev2] S: * ESEARCH (TAG $any) ALL 2
S: OK

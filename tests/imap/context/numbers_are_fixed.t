# Message numbers in the program mean the messages that they meant when the command was received; so does `$` (RFC 5267 section 4.3).
@ mailbox INBOX 4

C: SELECT INBOX
S: ...
S: OK
C: UID SEARCH RETURN (SAVE) UID 4
S: OK
C= U1 UID SEARCH RETURN (UPDATE COUNT) 2 SEEN
S: * ESEARCH (TAG "U1") UID COUNT 0
S: U1 OK
C= U2 UID SEARCH RETURN (UPDATE COUNT SAVE) $ SEEN
S: * ESEARCH (TAG "U2") UID COUNT 0
S: U2 OK
C: UID STORE 1 +FLAGS.SILENT (\Deleted)
S: OK
C: EXPUNGE
S: * 1 EXPUNGE
S: ...
S: OK
C: UID STORE 3 +FLAGS.SILENT (\Seen)
S: OK
C: UID STORE 2,4 +FLAGS.SILENT (\Seen)
S~ * ESEARCH (TAG "U1") UID ADDTO (0 2)
S~ * ESEARCH (TAG "U2") UID ADDTO (0 4)
S: OK

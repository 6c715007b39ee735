# UIDs go on to be told after ENABLE UIDONLY; a context that tells message numbers ends, with NOUPDATE (RFC 9586 section 3, RFC 5267 section 4.3.1). VANISHED comes behind REMOVEFROM.
@ mailbox INBOX 3

a C: SELECT INBOX
a S: ...
a S: OK
a C= U1 UID SEARCH RETURN (UPDATE COUNT) ALL
a S: * ESEARCH (TAG "U1") UID COUNT 3
a S: U1 OK
a C= U2 SEARCH RETURN (UPDATE COUNT) ALL
a S: * ESEARCH (TAG "U2") COUNT 3
a S: U2 OK
a C: ENABLE UIDONLY
a S: * NO [NOUPDATE "U2"] $text
a S: * ENABLED UIDONLY
a S: OK
b C: SELECT INBOX
b S: ...
b S: OK
b C: STORE 2 +FLAGS.SILENT (\Deleted)
b S: OK
b C: EXPUNGE
b S: ...
b S: OK
a C: UID FETCH 1 UID
a S: * 1 UIDFETCH (UID 1)
a S: * ESEARCH (TAG "U1") UID REMOVEFROM (0 2)
a S: * VANISHED 2
a S: ...
a S: OK

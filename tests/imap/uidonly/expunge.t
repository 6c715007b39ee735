# Expunged messages are told as VANISHED in place of EXPUNGE, whoever expunged them; EXISTS stays as it is (RFC 9586 sections 3.4 and 3.6).
@ mailbox INBOX 6

a C: ENABLE UIDONLY
a S: * ENABLED UIDONLY
a S: OK
a C: SELECT INBOX
a S: ...
a S: OK
b C: SELECT INBOX
b S: ...
b S: OK
a C: UID STORE 1,3 +FLAGS.SILENT (\Deleted)
a S: OK
a C: UID EXPUNGE 1
a S: * VANISHED 1
a S: ...
a S: OK
a C: EXPUNGE
a S: * VANISHED 3
a S: ...
a S: OK
b SYNC
b C: UID STORE 5,6 +FLAGS.SILENT (\Deleted)
b S: OK
b C: EXPUNGE
b S: * 4 EXPUNGE
b S: * 3 EXPUNGE
b S: ...
b S: OK
b C: APPEND INBOX $lit"Subject: new\r\n\r\nx"
b S: ...
b S: OK
a C: NOOP
a S: * VANISHED 5:6
a S: * 3 EXISTS
a S: ...
a S: OK
a C: UID FETCH 1:* UID
a S: * 2 UIDFETCH (UID 2)
a S: * 4 UIDFETCH (UID 4)
a S: * 7 UIDFETCH (UID 7)
a S: OK

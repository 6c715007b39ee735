# UID EXPUNGE removes only messages that are \Deleted and in the set (RFC 9051 section 6.4.9, RFC 4315 section 2.1).
@ mailbox INBOX 4

C: SELECT INBOX
S: ...
S: OK
C: FETCH 1:4 UID
S: * 1 FETCH (UID ${one})
S: * 2 FETCH (UID ${two})
S: * 3 FETCH (UID ${three})
S: * 4 FETCH (UID ${four})
S: OK
C: STORE 2,4 +FLAGS.SILENT (\Deleted)
S: OK
C: UID EXPUNGE ${one}:${three}
S: * 2 EXPUNGE
[rev1] S: * 3 RECENT
S: OK
C: UID EXPUNGE 4000000000
S: OK
C: SEARCH DELETED
[rev1] S: * SEARCH 3
[rev2] S: * ESEARCH (TAG $any) ALL 3
S: OK
C: UID EXPUNGE
S: BAD
C: UID EXPUNGE 1:*
S: * 3 EXPUNGE
[rev1] S: * 2 RECENT
S: OK

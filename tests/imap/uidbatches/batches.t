# UIDBATCHES parts the mailbox into ranges, highest first, of as many messages each as was asked for (RFC 10022 sections 3.1, 3.1.2, 3.1.3.3.1, 3.1.4); the tag is told. It takes no message numbers, so UIDONLY leaves it as it is (section 3.3), and it does not change `$` (section 3.4).
@ mailbox INBOX 5

C: CAPABILITY
S: * CAPABILITY $any UIDBATCHES $any
S: OK
C: SELECT INBOX
S: ...
S: OK
C: COPY 1:* INBOX
S: ...
S: OK
C: COPY 1:* INBOX
S: ...
S: OK
C: COPY 1:* INBOX
S: ...
S: OK
C: COPY 1:* INBOX
S: ...
S: OK
C: COPY 1:* INBOX
S: ...
S: OK
C: COPY 1:* INBOX
S: ...
S: OK
C: COPY 1:* INBOX
S: ...
S: OK
C: COPY 1:* INBOX
S: ...
S: OK
C: UIDBATCHES 500
S: * UIDBATCHES (TAG $any) 1280:781,780:281,280:1
S: OK
C: UIDBATCHES 640
S: * UIDBATCHES (TAG $any) 1280:641,640:1
S: OK
C: uidbatches 1280
S: * UIDBATCHES (TAG $any) 1280:1
S: OK
C: UIDBATCHES 4294967295
S: * UIDBATCHES (TAG $any) 1280:1
S: OK
C: UID SEARCH RETURN (SAVE) UID 7
S: OK
C: ENABLE UIDONLY
S: * ENABLED UIDONLY
S: OK
C: UID STORE 2:300,900:1280 +FLAGS.SILENT (\Deleted)
S: OK
C: EXPUNGE
S: * VANISHED 2:300,900:1280
S: ...
S: OK
C: UIDBATCHES 500
S: * UIDBATCHES (TAG $any) 1280:400,399:1
S: OK
C: UID SEARCH RETURN (COUNT) UID $
S: * ESEARCH (TAG $any) UID COUNT 0
S: OK
C: UID SEARCH RETURN (COUNT) UID 400:1280
S: * ESEARCH (TAG $any) UID COUNT 500
S: OK

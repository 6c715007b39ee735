# The same question again is answered NO [LIMIT] until half a batch has come or more than half of one has gone, or the mailbox is selected anew (RFC 10022 sections 3.1.1 and 6).
@ mailbox INBOX 5

a C: SELECT INBOX
a S: ...
a S: OK
a C: COPY 1:* INBOX
a S: ...
a S: OK
a C: COPY 1:* INBOX
a S: ...
a S: OK
a C: COPY 1:* INBOX
a S: ...
a S: OK
a C: COPY 1:* INBOX
a S: ...
a S: OK
a C: COPY 1:* INBOX
a S: ...
a S: OK
a C: COPY 1:* INBOX
a S: ...
a S: OK
a C: COPY 1:* INBOX
a S: ...
a S: OK
a C: UIDBATCHES 500
a S: * UIDBATCHES (TAG $any) 640:141,140:1
a S: OK
a C: UIDBATCHES 500
a S: NO [LIMIT] $text
a C: UIDBATCHES 500 1:1
a S: * UIDBATCHES (TAG $any) 640:141
a S: OK
a C: STORE 1:250 +FLAGS.SILENT (\Deleted)
a S: OK
a C: EXPUNGE
a S: ...
a S: OK
a C: UIDBATCHES 500
a S: NO [LIMIT] $text
a C: STORE 1 +FLAGS.SILENT (\Deleted)
a S: OK
a C: EXPUNGE
a S: ...
a S: OK
a C: UIDBATCHES 500
a S: * UIDBATCHES (TAG $any) 640:1
a S: OK
a C: UIDBATCHES 500
a S: NO [LIMIT] $text
b C: SELECT INBOX
b S: ...
b S: OK
b C: COPY 1:249 INBOX
b S: ...
b S: OK
a SYNC
a C: UIDBATCHES 500
a S: NO [LIMIT] $text
b C: COPY 1 INBOX
b S: ...
b S: OK
a SYNC
a C: UIDBATCHES 500
a S: * UIDBATCHES (TAG $any) 890:391,390:1
a S: OK
a C: SELECT INBOX
a S: ...
a S: OK
a C: UIDBATCHES 500
a S: * UIDBATCHES (TAG $any) 890:391,390:1
a S: OK

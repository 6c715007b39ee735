# NOTIFY and several UPDATEs that ask for items of the same new message: one FETCH with all of them (RFC 5465 sections 5.2 and 7). What none of the contexts matches is fetched for NOTIFY alone, behind ADDTO. Without FlagChange contexts hear of new messages all the same.
@ rev rev2
@ mailbox a 1
a C: SELECT a
a S: ...
a S: OK
a C= U1 UID SEARCH RETURN (COUNT UPDATE (FLAGS)) FROM "boss"
a S: * ESEARCH (TAG "U1") UID COUNT 0
a S: U1 OK
a C= U2 UID SORT RETURN (COUNT UPDATE (UID RFC822.SIZE)) (SUBJECT) UTF-8 SUBJECT "x"
a S: * ESEARCH (TAG "U2") UID COUNT 0
a S: U2 OK
a C: NOTIFY SET (selected (MessageNew (UID BODY.PEEK[HEADER.FIELDS (Subject)]) MessageExpunge))
a S: OK
b C: APPEND a (\Flagged) $lit+"From: boss\r\nSubject: x\r\n\r\ntext"
b S: OK
a S: * 2 EXISTS
a S: * 2 FETCH $items(UID 2, FLAGS (\Flagged), RFC822.SIZE $nz, BODY[HEADER.FIELDS (Subject)] $str"Subject: x\r\n\r\n")
a S: * ESEARCH (TAG "U1") UID ADDTO (0 2)
a S: * ESEARCH (TAG "U2") UID ADDTO (1 2)
b C: APPEND a $lit+"From: c\r\nSubject: y\r\n\r\ntext"
b S: OK
a S: * 3 EXISTS
a S: * 3 FETCH $items(UID 3, BODY[HEADER.FIELDS (Subject)] $str"Subject: y\r\n\r\n")
a NONE
b C: SELECT a
b S: ...
b S: OK
b C: STORE 1 +FLAGS.SILENT (\Seen)
b S: OK
b C: APPEND a $lit+"From: c\r\nSubject: ax\r\n\r\ntext"
b S: ...
b S: OK
a S: * 4 EXISTS
a S: * 4 FETCH $items(UID 4, FLAGS (), RFC822.SIZE $nz, BODY[HEADER.FIELDS (Subject)] $str"Subject: ax\r\n\r\n")
a S: * ESEARCH (TAG "U2") UID ADDTO (1 4)
a NONE

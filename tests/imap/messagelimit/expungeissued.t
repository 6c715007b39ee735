# Where EXPUNGEISSUED and MESSAGELIMIT are both due, the former is in the tagged OK, the latter in an untagged NO (RFC 9738 section 3.1).
@ config limits = { messages = 1000; };
@ mailbox INBOX 5
@ mailbox Other

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
a C: COPY 1:* INBOX
a S: ...
a S: OK
b C: SELECT INBOX
b S: ...
b S: OK
b C: STORE 1000 +FLAGS.SILENT (\Deleted)
b S: OK
b C: EXPUNGE
b S: * 1000 EXPUNGE
b S: ...
b S: OK
a C: FETCH 1:1280 (UID)
a S: * 281 FETCH (UID 281)
a S: ...
a S: * 1280 FETCH (UID 1280)
a S: * NO [MESSAGELIMIT 1000 281] $text
a S: ...
a S: OK [EXPUNGEISSUED] $text

# The replacing message has an EMAILID of its own (RFC 8508 section 4.6), and its thread's THREADID.
@ mailbox INBOX
C: SELECT INBOX
S: ...
S: OK
C: APPEND INBOX $lit"Message-ID: <d@example.org>\r\n\r\ndraft"
S: ...
S: OK
C: FETCH 1 (EMAILID THREADID)
S: * 1 FETCH $items(EMAILID (${one}), THREADID (${thread}))
S: OK
C: REPLACE 1 INBOX $lit"Message-ID: <d@example.org>\r\n\r\nlonger draft"
S: ...
S: OK
C: NOOP
S: ...
S: OK
C: FETCH 1 (EMAILID THREADID)
S! * 1 FETCH $items(EMAILID (${one}), THREADID (${thread}))
S: * 1 FETCH $items(EMAILID ($any), THREADID (${thread}))
S: OK

# Two messages that differ have different EMAILIDs, and each has the THREADID that its copies have; a client in another session sees the same
# ids (RFC 8474 sections 5.1 and 5.2).
@ mailbox INBOX 2
a C: SELECT INBOX
a S: ...
a S: OK
b C: EXAMINE INBOX
b S: ...
b S: OK
a C: FETCH 1:2 (EMAILID THREADID)
a S: * 1 FETCH $items(EMAILID (${one}), THREADID (${t1}))
a S: * 2 FETCH $items(EMAILID (${two}), THREADID (${t2}))
a S: OK
b C: UID FETCH 1:2 (EMAILID THREADID)
b S! * 2 FETCH $items(UID 2, EMAILID (${one}), THREADID (${t2}))
b S: * 1 FETCH $items(UID 1, EMAILID (${one}), THREADID (${t1}))
b S: * 2 FETCH $items(UID 2, EMAILID (${two}), THREADID (${t2}))
b S: OK
a C: COPY 1 INBOX
a S: ...
a S: OK
a C: FETCH 3 (EMAILID THREADID)
a S: * 3 FETCH $items(EMAILID (${one}), THREADID (${t1}))
a S: OK

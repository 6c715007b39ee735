# UPDATE with FETCH items when more comes than the output holds at once: each message is fetched once, then ADDTO tells of all (RFC 5465 section 7).
@ rev rev2
@ mailbox a 300
@ mailbox b
a C: SELECT b
a S: ...
a S: OK
a C= U1 SEARCH RETURN (COUNT UPDATE (UID RFC822.SIZE BODY.PEEK[])) ALL
a S: * ESEARCH (TAG "U1") COUNT 0
a S: U1 OK
b C: SELECT a
b S: ...
b S: OK
b C: COPY 1:300 b
b S: OK
a C: NOOP
a S: * 300 EXISTS
a S: * 1 FETCH (UID 1 $any)
a S: ...
a S: * 300 FETCH (UID 300 $any)
a S: * ESEARCH (TAG "U1") ADDTO (0 1:300)
a S: OK
a NONE

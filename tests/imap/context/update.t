# SEARCH RETURN (UPDATE): what comes to match and what ceases to match is told as ADDTO and REMOVEFROM with the tag of the search, beside the change that caused it (RFC 5267 sections 4.3, 4.3.2, 4.3.3, 4.3.4).
# Also RFC 5465 section 5.1.
@ mailbox INBOX 5

a C: CAPABILITY
a S: * CAPABILITY $any CONTEXT=SEARCH $any
a S: OK
a C: SELECT INBOX
a S: ...
a S: OK
a C= U1 UID SEARCH RETURN (UPDATE COUNT) FLAGGED
a S: * ESEARCH (TAG "U1") UID COUNT 0
a S: U1 OK
b C: SELECT INBOX
b S: ...
b S: OK
b C: STORE 2,4 +FLAGS (\Flagged)
b S: ...
b S: OK
a C: NOOP
a S~ * 2 FETCH $any
a S~ * 4 FETCH $any
a S: * ESEARCH (TAG "U1") UID ADDTO (0 2,4)
a S: OK
b C: STORE 2 -FLAGS (\Flagged)
b S: ...
b S: OK
b C: STORE 5 +FLAGS (\Flagged)
b S: ...
b S: OK
a C: NOOP
a S~ * 2 FETCH $any
a S~ * 5 FETCH $any
a S~ * ESEARCH (TAG "U1") UID REMOVEFROM (0 2)
a S~ * ESEARCH (TAG "U1") UID ADDTO (0 5)
a S: OK
b C: STORE 1 +FLAGS (\Seen)
b S: ...
b S: OK
a C: NOOP
a S: * 1 FETCH $any
a S: OK
a C: STORE 3 +FLAGS.SILENT (\Flagged)
a S: * ESEARCH (TAG "U1") UID ADDTO (0 3)
a S: OK

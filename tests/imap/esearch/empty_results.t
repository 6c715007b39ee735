# Nothing found: the response still comes, with COUNT 0 and no MIN, MAX, ALL (RFC 9051 section 6.4.4; RFC 4731 section 3.1).
@ mailbox INBOX 2

C: SELECT INBOX
S: ...
S: OK
C= e1 SEARCH RETURN (MIN MAX ALL COUNT) FLAGGED
S: * ESEARCH (TAG "e1") COUNT 0
S: e1 OK $any
C= e2 SEARCH RETURN (MIN MAX ALL) FLAGGED
S: * ESEARCH (TAG "e2")
S: e2 OK $any
C= e3 UID SEARCH RETURN () FLAGGED
S: * ESEARCH (TAG "e3") UID
S: e3 OK $any

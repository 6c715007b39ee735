# RETURN (MIN MAX ALL COUNT) in any order, in rev1 too; () is ALL (RFC 4731 section 3.1, RFC 9051 section 6.4.4; RFC 5182 section 2.1).
@ mailbox INBOX 5

C: SELECT INBOX
S: ...
S: OK
C: STORE 2,4:5 +FLAGS.SILENT (\Flagged)
S: OK
C= e1 SEARCH RETURN (MIN COUNT) FLAGGED
S: * ESEARCH (TAG "e1") $anyorder(MIN 2, COUNT 3)
S: e1 OK $any
C= e2 SEARCH RETURN (MAX) FLAGGED
S: * ESEARCH (TAG "e2") MAX 5
S: e2 OK $any
C= e3 SEARCH RETURN () FLAGGED
S: * ESEARCH (TAG "e3") ALL 2,4:5
S: e3 OK $any
C= e4 search return (count all max min) flagged
S: * ESEARCH (TAG "e4") COUNT 3 ALL 2,4:5 MAX 5 MIN 2
S: e4 OK $any
C= e5 UID SEARCH RETURN (ALL) FLAGGED
S: * ESEARCH (TAG "e5") UID ALL 2,4:5
S: e5 OK $any
C= e6 SEARCH RETURN (MIN MIN MIN) FLAGGED
S: * ESEARCH (TAG "e6") MIN 2
S: e6 OK $any
C= e7 SEARCH RETURN (COUNT) CHARSET UTF-8 FLAGGED
S: * ESEARCH (TAG "e7") COUNT 3
S: e7 OK $any

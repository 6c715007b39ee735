# MODSEQ among the keys adds the highest mod-sequence of what is returned, unless that is empty (RFC 7162 sections 3.1.9 and 3.1.10).

C: APPEND INBOX <<
> Subject: b
>
> x
S: OK
C: APPEND INBOX <<
> Subject: a
>
> x
S: OK
C: APPEND INBOX <<
> Subject: c
>
> x
S: OK
C: SELECT INBOX
S: ...
S: OK
C: STORE 2 +FLAGS (\Flagged)
S: * 2 FETCH $any
S: OK
C: ENABLE CONDSTORE
S: ...
S: OK
C: FETCH 1:3 (MODSEQ)
S: * 1 FETCH (MODSEQ (${one=[0-9]+}))
S: * 2 FETCH (MODSEQ (${two=[0-9]+}))
S: * 3 FETCH (MODSEQ (${three=[0-9]+}))
S: OK
C: SORT (SUBJECT) UTF-8 MODSEQ 1
S: * SORT 2 1 3 (MODSEQ ${two})
S: OK
C: SORT (SUBJECT) UTF-8 MODSEQ 1 UNFLAGGED
S: * SORT 1 3 (MODSEQ ${three})
S: OK
C: UID SORT (SUBJECT) UTF-8 MODSEQ ${two+1}
S: * SORT
S: OK
C= e1 SORT RETURN (ALL) (REVERSE SUBJECT) UTF-8 MODSEQ 1
S: * ESEARCH (TAG "e1") ALL 3,1:2 MODSEQ ${two}
S: e1 OK $any
C= e2 SORT RETURN (MAX) (SUBJECT) UTF-8 MODSEQ 1
S: * ESEARCH (TAG "e2") MAX 3 MODSEQ ${three}
S: e2 OK $any
C= e3 UID SORT RETURN (MIN COUNT) (SUBJECT) UTF-8 MODSEQ 1
S: * ESEARCH (TAG "e3") UID $anyorder(MIN 2, COUNT 3, MODSEQ ${two})
S: e3 OK $any
C= e4 SORT RETURN (MIN) (REVERSE SUBJECT) UTF-8 MODSEQ 1
S: * ESEARCH (TAG "e4") MIN 3 MODSEQ ${three}
S: e4 OK $any
C: THREAD REFERENCES UTF-8 MODSEQ 1
S: * THREAD (1)(2)(3)
S: OK

# PARTIAL counts along the order of the SORT, from either end (RFC 5267 section 4.4, RFC 9394 section 3.1).

C: APPEND INBOX <<
> Subject: e
>
> x
S: OK
C: APPEND INBOX <<
> Subject: a
>
> x
S: OK
C: APPEND INBOX <<
> Subject: b
>
> x
S: OK
C: APPEND INBOX <<
> Subject: d
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
C= e1 SORT RETURN (PARTIAL 2:4) (SUBJECT) UTF-8 ALL
S: * ESEARCH (TAG "e1") PARTIAL (2:4 3,5,4)
S: e1 OK $any
C= e2 UID SORT RETURN (PARTIAL -1:-2 COUNT) (SUBJECT) UTF-8 ALL
S: * ESEARCH (TAG "e2") UID $anyorder(PARTIAL (-1:-2 4,1), COUNT 5)
S: e2 OK $any
C= e3 SORT RETURN (PARTIAL 6:9) (SUBJECT) UTF-8 ALL
S: * ESEARCH (TAG "e3") PARTIAL (6:9 NIL)
S: e3 OK $any

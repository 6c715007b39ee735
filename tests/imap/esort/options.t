# RETURN options of SORT mean the requested order; ranges ascend; () is ALL; an ESEARCH in rev1 and rev2 (RFC 5267 sections 3, 3.1 to 3.3).

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
C= e1 SORT RETURN () (SUBJECT) UTF-8 ALL
S: * ESEARCH (TAG "e1") ALL 2:3,5,4,1
S: e1 OK $any
C= e2 UID SORT RETURN (ALL) (REVERSE SUBJECT) UTF-8 ALL
S: * ESEARCH (TAG "e2") UID ALL 1,4:5,3,2
S: e2 OK $any
C= e3 SORT RETURN (MIN MAX COUNT) (SUBJECT) UTF-8 ALL
S: * ESEARCH (TAG "e3") $anyorder(MIN 2, MAX 1, COUNT 5)
S: e3 OK $any
C= e4 SORT RETURN (COUNT) (SUBJECT) UTF-8 DELETED
S: * ESEARCH (TAG "e4") COUNT 0
S: e4 OK $any
C= e5 SORT RETURN (MIN MAX ALL) (SUBJECT) UTF-8 DELETED
S: * ESEARCH (TAG "e5")
S: e5 OK $any
C= e6 sort return (max) (reverse subject) utf-8 2:4
S: * ESEARCH (TAG "e6") MAX 2
S: e6 OK $any
C: SORT RETURN (FOO) (SUBJECT) UTF-8 ALL
S: BAD
C: SORT RETURN ALL (SUBJECT) UTF-8 ALL
S: BAD

# SAVE keeps the result of SORT for "$", which is a set; with MIN or MAX only those messages (RFC 5182 section 1, RFC 9051 section 6.4.4.1).

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
C: SORT RETURN (SAVE) (REVERSE SUBJECT) UTF-8 2:4
S: OK
C: UID SORT (SUBJECT) UTF-8 $
S: * SORT 2 3 4
S: OK
C= e2 SORT RETURN (SAVE MIN) (REVERSE SUBJECT) UTF-8 ALL
S: * ESEARCH (TAG "e2") MIN 1
S: e2 OK $any
C: FETCH $ (UID)
S: * 1 FETCH (UID 1)
S: OK

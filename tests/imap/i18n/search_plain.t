# SEARCH follows the comparator, too; another connection has its own (RFC 5255 section 4.2).

C: APPEND INBOX <<
> Subject: Anna
>
> x
S: OK
C: APPEND INBOX <<
> Subject: anna
>
> x
S: OK
C: SELECT INBOX
S: ...
S: OK
C: COMPARATOR i;octet
S: * COMPARATOR i;octet
S: OK
C= e1 SEARCH RETURN (ALL) SUBJECT "Anna"
S: * ESEARCH (TAG "e1") ALL 1
S: e1 OK $any
other C: SELECT INBOX
other S: ...
other S: OK
other C: COMPARATOR
other S: * COMPARATOR i;unicode-casemap
other S: OK
other C= f1 SEARCH RETURN (ALL) SUBJECT "Anna"
other S: * ESEARCH (TAG "f1") ALL 1:2
other S: f1 OK $any

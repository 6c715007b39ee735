# COMPARATOR tells the active comparator, i;unicode-casemap at first, and changes it; the first argument that matches wins (RFC 5255 sections 4.4, 4.7, 4.8; RFC 4790 section 3.2).

C: APPEND INBOX <<
> Subject: =?utf-8?Q?=C3=84b?=
> From: a@x
>
> x
S: OK
C: APPEND INBOX <<
> Subject: AB
> From: B@x
>
> x
S: OK
C: APPEND INBOX <<
> Subject: ab
> From: b@x
>
> x
S: OK
C: APPEND INBOX <<
> Subject: b
> From: =?utf-8?Q?=C3=A4?= <c@x>
>
> x
S: OK
C: SELECT INBOX
S: ...
S: OK
C: COMPARATOR
S: * COMPARATOR i;unicode-casemap
S: OK
C: SORT (SUBJECT) UTF-8 ALL
S: * SORT 2 3 1 4
S: OK
C: COMPARATOR "cz;*" i;octet
S: * COMPARATOR i;octet
S: OK
C: COMPARATOR
S: * COMPARATOR i;octet
S: OK
C: SORT (SUBJECT) UTF-8 ALL
S: * SORT 2 3 4 1
S: OK
C: SORT (REVERSE FROM) UTF-8 ALL
S: * SORT 4 3 1 2
S: OK
C: COMPARATOR i;ascii-casemap
S: * COMPARATOR i;ascii-casemap
S: OK
C: SORT (SUBJECT) UTF-8 ALL
S: * SORT 2 3 4 1
S: OK
C: SORT (FROM) UTF-8 ALL
S: * SORT 1 2 3 4
S: OK
C: SORT (DISPLAYFROM) UTF-8 ALL
S: * SORT 1 2 3 4
S: OK
C: COMPARATOR "i;*"
S: * COMPARATOR i;unicode-casemap (i;unicode-casemap i;ascii-casemap i;octet)
S: OK
C: COMPARATOR "default"
S: * COMPARATOR i;unicode-casemap
S: OK
C: SORT (SUBJECT) UTF-8 ALL
S: * SORT 2 3 1 4
S: OK

# The active comparator applies to BCC, BODY, CC, FROM, SUBJECT, TEXT, TO and HEADER (RFC 5255 sections 4.2 and 4.6; RFC 4790 section 4.2).

C: APPEND INBOX <<
> Subject: Gr=?utf-8?Q?=C3=BC=C3=9Fe?= Anna
> From: =?utf-8?Q?=C3=89mile?= <Em@x>
> To: Bob <bob@x>
> X-Tag: Red
> Content-Type: text/plain; charset=utf-8
> Content-Transfer-Encoding: quoted-printable
>
> x
S: OK
C: APPEND INBOX <<
> Subject: anna
> From: emil <em@x>
> To: BOB <BOB@x>
> X-Tag: red
>
> x
S: OK
C: SELECT INBOX
S: ...
S: OK
C: SORT (ARRIVAL) UTF-8 SUBJECT "ANNA"
S: * SORT 1 2
S: OK
C: SORT (ARRIVAL) UTF-8 FROM "émile"
S: * SORT 1
S: OK
C: COMPARATOR i;octet
S: * COMPARATOR i;octet
S: OK
C: SORT (ARRIVAL) UTF-8 SUBJECT "Anna"
S: * SORT 1
S: OK
C: SORT (ARRIVAL) UTF-8 SUBJECT "anna"
S: * SORT 2
S: OK
C: SORT (ARRIVAL) UTF-8 SUBJECT "ANNA"
S: * SORT
S: OK
C: SORT (ARRIVAL) UTF-8 NOT SUBJECT "anna"
S: * SORT 1
S: OK
C: SORT (ARRIVAL) UTF-8 FROM "émile"
S: * SORT
S: OK
C: SORT (ARRIVAL) UTF-8 FROM "Émile"
S: * SORT 1
S: OK
C: SORT (ARRIVAL) UTF-8 TO "bob@"
S: * SORT 1
S: OK
C: SORT (ARRIVAL) UTF-8 HEADER X-Tag "red"
S: * SORT 2
S: OK
C: SORT (ARRIVAL) UTF-8 HEADER x-tag ""
S: * SORT 1 2
S: OK
C: SORT (ARRIVAL) UTF-8 TEXT "Red"
S: * SORT 1
S: OK
C: SORT (ARRIVAL) UTF-8 TEXT "Grüße Anna"
S: * SORT 1
S: OK
C: SORT (ARRIVAL) UTF-8 TEXT "grüße Anna"
S: * SORT
S: OK
C: SORT (ARRIVAL) UTF-8 BODY "x"
S: * SORT 1 2
S: OK
C: SORT (ARRIVAL) UTF-8 BODY "X"
S: * SORT
S: OK
C: COMPARATOR i;ascii-casemap
S: * COMPARATOR i;ascii-casemap
S: OK
C: SORT (ARRIVAL) UTF-8 SUBJECT "ANNA"
S: * SORT 1 2
S: OK
C: SORT (ARRIVAL) UTF-8 FROM "émile"
S: * SORT
S: OK
C: SORT (ARRIVAL) UTF-8 FROM "ÉMILE"
S: * SORT 1
S: OK
C: SORT (ARRIVAL) UTF-8 TEXT "grüße ANNA"
S: * SORT 1
S: OK
C: SORT (ARRIVAL) UTF-8 BODY "X"
S: * SORT 1 2
S: OK
C: SORT (ARRIVAL) UTF-8 CC "x"
S: * SORT
S: OK

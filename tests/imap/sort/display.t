# DISPLAYFROM and DISPLAYTO: the decoded name, else mailbox@host; no header is the empty string (RFC 5957 sections 3 and 4).

C: APPEND INBOX <<
> From: =?utf-8?Q?=C3=89mile?= <z@example.org>
> To: "" <m@example.org>
> Subject: 1
>
> x
S: OK
C: APPEND INBOX <<
> From: alice@example.org
> To: "Zed" <a@example.org>
> Subject: 2
>
> x
S: OK
C: APPEND INBOX <<
> From: "Bob" <a@example.org>
> To: Friends: x@example.org, y@example.org;
> Subject: 3
>
> x
S: OK
C: APPEND INBOX <<
> Subject: 4
>
> x
S: OK
C: APPEND INBOX <<
> From: carol <b@example.org>
> To: alpha@example.org
> Subject: 5
>
> x
S: OK
C: SELECT INBOX
S: ...
S: OK
C: SORT (DISPLAYFROM) UTF-8 ALL
S: * SORT 4 2 3 5 1
S: OK
C: SORT (REVERSE DISPLAYFROM) UTF-8 ALL
S: * SORT 1 5 3 2 4
S: OK
C: SORT (DISPLAYTO) UTF-8 ALL
S: * SORT 4 5 3 1 2
S: OK

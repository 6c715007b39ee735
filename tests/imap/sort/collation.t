# Strings compare as i;unicode-casemap after decoding: case and composition do not count (RFC 5256 sections 1 and 7, RFC 5051 section 2, RFC 5255 sections 4.2 and 4.6).
# Also RFC 4790 section 4.2.

C: APPEND INBOX <<
> Subject: =?utf-8?Q?=C3=A4b?=
>
> x
S: OK
C: APPEND INBOX <<
> Subject: =?iso-8859-1?Q?=C4A?=
>
> x
S: OK
C: APPEND INBOX <<
> Subject: =?utf-8?B?YcyIYw==?=
>
> x
S: OK
C: APPEND INBOX <<
> Subject: B
>
> x
S: OK
C: APPEND INBOX <<
> Subject: ab
>
> x
S: OK
C: APPEND INBOX <<
> Subject: =?utf-8?Q?=D1=8F?=
>
> x
S: OK
C: APPEND INBOX <<
> Subject: =?koi8-r?Q?=F1?=
>
> x
S: OK
C: SELECT INBOX
S: ...
S: OK
C: SORT (SUBJECT) UTF-8 ALL
S: * SORT 5 2 1 3 4 6 7
S: OK

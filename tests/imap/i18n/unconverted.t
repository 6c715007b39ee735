# Text that cannot be converted sorts behind all other text, as octets (RFC 5255 section 4.6, step c: its example).

C: APPEND INBOX <<
> Subject: =?utf-8?B?0MDQvdC00YDQtdC5?=
>
> x
S: OK
C: APPEND INBOX <<
> Subject: =?utf-8?B?0YHQldCg0JPQldCZ?=
>
> x
S: OK
C: APPEND INBOX <<
> Subject: =?utf-8?B?0JLQsNGB0LjQu9C4/7k=?=
>
> x
S: OK
C: APPEND INBOX <<
> Subject: =?koi8-r?B?4czFy9PFyg==?=
>
> x
S: OK
C: APPEND INBOX <<
> Subject: =?x-none?Q?zz?=
>
> x
S: OK
C: APPEND INBOX <<
> Subject: zzz
>
> x
S: OK
C: SELECT INBOX
S: ...
S: OK
C: SORT (SUBJECT) UTF-8 ALL
S: * SORT 6 4 2 5 3 1
S: OK
C: COMPARATOR i;octet
S: * COMPARATOR i;octet
S: OK
C: SORT (SUBJECT) UTF-8 ALL
S: * SORT 6 4 2 5 3 1
S: OK

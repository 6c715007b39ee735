# The charset is needed; one that is not known is a NO with BADCHARSET (RFC 5256 section 3, "SORT"; RFC 3501 section 6.4.4, RFC 5255 section 4.2).

C: APPEND INBOX <<
> Subject: =?iso-8859-1?Q?=E4?=
>
> x
S: OK
C: APPEND INBOX <<
> Subject: b
>
> x
S: OK
C: SELECT INBOX
S: ...
S: OK
C: SORT (SUBJECT) X-NONE SUBJECT $lit"\xe4"
S: NO [BADCHARSET ({{.*}}UTF-8{{.*}})] $any
C: THREAD REFERENCES X-NONE ALL
S: NO [BADCHARSET ({{.*}}UTF-8{{.*}})] $any
C: SORT (SUBJECT) ISO-8859-1 SUBJECT $lit"\xe4"
S: * SORT 1
S: OK
C: SORT (SUBJECT) UTF-8 SUBJECT $lit"\xc3\xa4"
S: * SORT 1
S: OK
C: SORT (SUBJECT) ALL
S: BAD
C: THREAD REFERENCES ALL
S: BAD

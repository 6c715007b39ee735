# SUBJECT compares base subjects: encoded words, folds, Re: and Fwd: with blobs, (fwd), [fwd: ...] are removed (RFC 5256 section 2.1).
# Also RFC 5051 section 4 (RFC 5255 section 4.6).

C: APPEND INBOX <<
> Subject: =?utf-8?Q?Re=3A_b?=
>
> x
S: OK
C: APPEND INBOX <<
> Subject: a
>
> x
S: OK
C: APPEND INBOX <<
> Subject: [list] Re: [x] a
>
> x
S: OK
C: APPEND INBOX <<
> Subject: Fwd: [fwd: re: a] (fwd)
>
> x
S: OK
C: APPEND INBOX <<
> Subject: [b]
>
> x
S: OK
C: APPEND INBOX <<
> Subject: RE:
> 	 c
>
> x
S: OK
C: APPEND INBOX <<
> Subject: fw: a   d (FWD)
>
> x
S: OK
C: APPEND INBOX <<
> Subject: aa
>
> x
S: OK
C: APPEND INBOX <<
> Subject: Re:
>
> x
S: OK
C: SELECT INBOX
S: ...
S: OK
C: SORT (SUBJECT) UTF-8 ALL
S: * SORT 9 2 3 4 7 8 1 6 5
S: OK
C: SORT (REVERSE SUBJECT) UTF-8 ALL
S: * SORT 5 6 1 8 7 2 3 4 9
S: OK

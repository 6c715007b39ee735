# The comparator applies to the subjects of ORDEREDSUBJECT and REFERENCES; the base subject is cut first (RFC 5256 section 7, RFC 5255 section 4.2).

C: APPEND INBOX <<
> Date: Wed, 1 Jan 2020 10:00:00 +0000
> Subject: Apple
>
> x
S: OK
C: APPEND INBOX <<
> Date: Wed, 1 Jan 2020 11:00:00 +0000
> Subject: RE: Apple
>
> x
S: OK
C: APPEND INBOX <<
> Date: Wed, 1 Jan 2020 12:00:00 +0000
> Subject: apple
>
> x
S: OK
C: SELECT INBOX
S: ...
S: OK
C: THREAD ORDEREDSUBJECT UTF-8 ALL
S: * THREAD (1 (2)(3))
S: OK
C: COMPARATOR i;octet
S: * COMPARATOR i;octet
S: OK
C: THREAD ORDEREDSUBJECT UTF-8 ALL
S: * THREAD (1 2)(3)
S: OK
C: THREAD REFERENCES UTF-8 ALL
S: * THREAD (1 2)(3)
S: OK
C: COMPARATOR i;ascii-casemap
S: * COMPARATOR i;ascii-casemap
S: OK
C: THREAD REFERENCES UTF-8 ALL
S: * THREAD ((1 2)(3))
S: OK

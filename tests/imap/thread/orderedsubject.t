# ORDEREDSUBJECT: threads by base subject, ordered by the date of their first message; no grandchildren (RFC 5256 section 3, "THREAD").

C: APPEND INBOX <<
> Date: Wed, 1 Jan 2020 10:00:00 +0000
> Subject: b
>
> x
S: OK
C: APPEND INBOX <<
> Date: Wed, 1 Jan 2020 09:00:00 +0000
> Subject: Re: a
>
> x
S: OK
C: APPEND INBOX <<
> Date: Wed, 1 Jan 2020 08:00:00 +0000
> Subject: A
>
> x
S: OK
C: APPEND INBOX <<
> Date: Wed, 1 Jan 2020 12:00:00 +0000
> Subject: [x] re: B
>
> x
S: OK
C: APPEND INBOX <<
> Date: Wed, 1 Jan 2020 11:00:00 +0000
> Subject: Fwd: b
>
> x
S: OK
C: APPEND INBOX <<
> Date: Wed, 1 Jan 2020 07:00:00 +0000
> Subject: c
>
> x
S: OK
C: APPEND INBOX <<
> Date: Wed, 1 Jan 2020 13:00:00 +0000
> Subject: Re:
>
> x
S: OK
C: APPEND INBOX <<
> Date: Wed, 1 Jan 2020 14:00:00 +0000
> Subject: 
>
> x
S: OK
C: SELECT INBOX
S: ...
S: OK
C: THREAD ORDEREDSUBJECT UTF-8 ALL
S: * THREAD (6)(3 2)(1 (5)(4))(7 8)
S: OK
C: UID THREAD orderedsubject us-ascii 1:2
S: * THREAD (2)(1)
S: OK
C: THREAD ORDEREDSUBJECT US-ASCII TEXT "gewp"
S: * THREAD
S: OK

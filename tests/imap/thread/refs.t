# REFS does not look at subjects, and orders threads by their newest INTERNALDATE; within a thread by sent date (draft-ietf-morg-inthread-01 section 4).

C: APPEND INBOX "01-Jan-2021 00:00:00 +0000" <<
> Date: Wed, 1 Jan 2020 10:00:00 +0000
> Subject: s
> Message-ID: <a@x>
>
> x
S: OK
C: APPEND INBOX "02-Jan-2021 00:00:00 +0000" <<
> Date: Wed, 1 Jan 2020 09:00:00 +0000
> Subject: s
> Message-ID: <b@x>
>
> x
S: OK
C: APPEND INBOX "05-Jan-2021 00:00:00 +0000" <<
> Date: Wed, 1 Jan 2020 12:00:00 +0000
> Subject: s
> Message-ID: <c@x>
> References: <a@x>
>
> x
S: OK
C: APPEND INBOX "04-Jan-2021 00:00:00 +0000" <<
> Date: Wed, 1 Jan 2020 11:00:00 +0000
> Subject: s
> Message-ID: <d@x>
> References: <a@x>
>
> x
S: OK
C: APPEND INBOX "03-Jan-2021 00:00:00 +0000" <<
> Date: Wed, 1 Jan 2020 08:00:00 +0000
> Subject: Re: s
> Message-ID: <e@x>
>
> x
S: OK
C: APPEND INBOX "04-Jan-2021 12:00:00 +0000" <<
> Date: Wed, 1 Jan 2020 08:00:00 +0000
> Subject: s
> Message-ID: <f@x>
> References: <n@x>
>
> x
S: OK
C: APPEND INBOX "01-Jan-2021 00:00:00 +0000" <<
> Date: Wed, 1 Jan 2020 07:00:00 +0000
> Subject: s
> Message-ID: <g@x>
> References: <n@x>
>
> x
S: OK
C: SELECT INBOX
S: ...
S: OK
C: THREAD REFS UTF-8 ALL
S: * THREAD (2)(5)((7)(6))(1 (4)(3))
S: OK
C: UID THREAD REFS UTF-8 1,3
S: * THREAD (1 3)
S: OK

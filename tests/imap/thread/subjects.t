# REFERENCES step 5: threads of one base subject are merged; a reply goes below what is none, else both below a dummy (RFC 5256 section 3).

C: APPEND INBOX <<
> Date: Wed, 1 Jan 2020 10:00:00 +0000
> Subject: Apple
> Message-ID: <a@x>
>
> x
S: OK
C: APPEND INBOX <<
> Date: Wed, 1 Jan 2020 10:01:00 +0000
> Subject: Re: apple
> Message-ID: <b@x>
>
> x
S: OK
C: APPEND INBOX <<
> Date: Wed, 1 Jan 2020 10:02:00 +0000
> Subject: apple
> Message-ID: <c@x>
>
> x
S: OK
C: APPEND INBOX <<
> Date: Wed, 1 Jan 2020 10:03:00 +0000
> Subject: Re: pear
> Message-ID: <d@x>
>
> x
S: OK
C: APPEND INBOX <<
> Date: Wed, 1 Jan 2020 10:04:00 +0000
> Subject: pear
> Message-ID: <e@x>
>
> x
S: OK
C: APPEND INBOX <<
> Date: Wed, 1 Jan 2020 10:05:00 +0000
> Subject: fig
> Message-ID: <f@x>
>
> x
S: OK
C: APPEND INBOX <<
> Date: Wed, 1 Jan 2020 10:06:00 +0000
> Subject: FIG
> Message-ID: <g@x>
>
> x
S: OK
C: APPEND INBOX <<
> Date: Wed, 1 Jan 2020 10:07:00 +0000
> Subject: [fwd: fig]
> Message-ID: <h@x>
>
> x
S: OK
C: APPEND INBOX <<
> Date: Wed, 1 Jan 2020 10:08:00 +0000
> Subject: Re:
> Message-ID: <i@x>
>
> x
S: OK
C: APPEND INBOX <<
> Date: Wed, 1 Jan 2020 10:09:00 +0000
> Subject: Re:
> Message-ID: <j@x>
>
> x
S: OK
C: APPEND INBOX <<
> Date: Wed, 1 Jan 2020 10:10:00 +0000
> Subject: Re: plum
> Message-ID: <k@x>
> References: <none@x>
>
> x
S: OK
C: APPEND INBOX <<
> Date: Wed, 1 Jan 2020 10:11:00 +0000
> Subject: Re: plum
> Message-ID: <l@x>
> References: <none@x>
>
> x
S: OK
C: APPEND INBOX <<
> Date: Wed, 1 Jan 2020 10:12:00 +0000
> Subject: plum
> Message-ID: <m@x>
>
> x
S: OK
C: SELECT INBOX
S: ...
S: OK
C: THREAD REFERENCES UTF-8 ALL
S: * THREAD ((1 2)(3))(5 4)((6)(7)(8))(9)(10)((11)(12)(13))
S: OK
C: THREAD REFS UTF-8 ALL
S: * THREAD $any
S: OK

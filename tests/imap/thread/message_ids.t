# Message-ids that differ in quoting are one, case counts; of duplicates only the first has the id; no loops (RFC 5256 section 3, REFERENCES step 1).

C: APPEND INBOX <<
> Date: Wed, 1 Jan 2020 10:00:00 +0000
> Subject: one
> Message-ID: <"01KF"@x>
>
> x
S: OK
C: APPEND INBOX <<
> Date: Wed, 1 Jan 2020 10:01:00 +0000
> Subject: two
> Message-ID: <b@x>
> References: <01KF@x>
>
> x
S: OK
C: APPEND INBOX <<
> Date: Wed, 1 Jan 2020 10:02:00 +0000
> Subject: three
> Message-ID: <01kf@x>
>
> x
S: OK
C: APPEND INBOX <<
> Date: Wed, 1 Jan 2020 10:03:00 +0000
> Subject: four
> Message-ID: <b@x>
>
> x
S: OK
C: APPEND INBOX <<
> Date: Wed, 1 Jan 2020 10:04:00 +0000
> Subject: five
> Message-ID: <e@x>
> References: <b@x>
>
> x
S: OK
C: APPEND INBOX <<
> Date: Wed, 1 Jan 2020 10:05:00 +0000
> Subject: six
> Message-ID: <f@x>
> References: <h@x>
>
> x
S: OK
C: APPEND INBOX <<
> Date: Wed, 1 Jan 2020 10:06:00 +0000
> Subject: seven
> Message-ID: <h@x>
> References: <f@x>
>
> x
S: OK
C: APPEND INBOX <<
> Date: Wed, 1 Jan 2020 10:07:00 +0000
> Subject: eight
> Message-ID: <i@x>
> References: <i@x>
>
> x
S: OK
C: APPEND INBOX <<
> Date: Wed, 1 Jan 2020 10:08:00 +0000
> Subject: nine
> Message-ID: <none>
>
> x
S: OK
C: APPEND INBOX <<
> Date: Wed, 1 Jan 2020 10:09:00 +0000
> Subject: ten
> Message-ID: <j@x>
> References: <none>
>
> x
S: OK
C: SELECT INBOX
S: ...
S: OK
C: THREAD REFERENCES UTF-8 ALL
S: * THREAD (1 2 5)(3)(4)(7 6)(8)(9)(10)
S: OK

# An existing parent stays while references are linked, but a message's own last reference decides; links stay consistent (RFC 5256 section 3, step 1 A and B).

C: APPEND INBOX <<
> Date: Wed, 1 Jan 2020 10:00:00 +0000
> Subject: a
> Message-ID: <a@x>
>
> x
S: OK
C: APPEND INBOX <<
> Date: Wed, 1 Jan 2020 10:01:00 +0000
> Subject: b
> Message-ID: <b@x>
> References: <a@x>
>
> x
S: OK
C: APPEND INBOX <<
> Date: Wed, 1 Jan 2020 10:02:00 +0000
> Subject: c
> Message-ID: <c@x>
> References: <b@x>
>
> x
S: OK
C: APPEND INBOX <<
> Date: Wed, 1 Jan 2020 10:03:00 +0000
> Subject: d
> Message-ID: <d@x>
> References: <a@x> <c@x>
>
> x
S: OK
C: APPEND INBOX <<
> Date: Wed, 1 Jan 2020 10:04:00 +0000
> Subject: e
> Message-ID: <e@x>
> References: <a@x> <f@x>
>
> x
S: OK
C: APPEND INBOX <<
> Date: Wed, 1 Jan 2020 10:05:00 +0000
> Subject: f
> Message-ID: <f@x>
> References: <b@x>
>
> x
S: OK
C: APPEND INBOX <<
> Date: Wed, 1 Jan 2020 10:06:00 +0000
> Subject: g
> Message-ID: <g@x>
>
> x
S: OK
C: SELECT INBOX
S: ...
S: OK
C: THREAD REFERENCES UTF-8 ALL
S: * THREAD (1 2 (3 4)(6 5))(7)
S: OK

# REFERENCES: parents by References, by In-Reply-To where there are none; dummies for what is not there (RFC 5256 section 3, steps 1 to 4 and 6).

C: APPEND INBOX <<
> Date: Wed, 1 Jan 2020 10:00:00 +0000
> Subject: one
> Message-ID: <a@x>
>
> x
S: OK
C: APPEND INBOX <<
> Date: Wed, 1 Jan 2020 10:02:00 +0000
> Subject: two
> Message-ID: <b@x>
> References: <a@x>
>
> x
S: OK
C: APPEND INBOX <<
> Date: Wed, 1 Jan 2020 10:01:00 +0000
> Subject: three
> Message-ID: <c@x>
> In-Reply-To: <a@x> from <me@x>
>
> x
S: OK
C: APPEND INBOX <<
> Date: Wed, 1 Jan 2020 10:04:00 +0000
> Subject: four
> Message-ID: <d@x>
> References: <a@x> <b@x>
> In-Reply-To: <c@x>
>
> x
S: OK
C: APPEND INBOX <<
> Date: Wed, 1 Jan 2020 10:05:00 +0000
> Subject: five
> Message-ID: <e@x>
> References: <gone@x>
>
> x
S: OK
C: APPEND INBOX <<
> Date: Wed, 1 Jan 2020 10:03:00 +0000
> Subject: six
> Message-ID: <f@x>
> References: <gone@x>
>
> x
S: OK
C: APPEND INBOX <<
> Date: Wed, 1 Jan 2020 10:06:00 +0000
> Subject: seven
> Message-ID: <g@x>
> References: <lost@x> <away@x>
>
> x
S: OK
C: APPEND INBOX <<
> Date: Wed, 1 Jan 2020 10:07:00 +0000
> Subject: eight
> Message-ID: <h@x>
> References: no id here
> In-Reply-To: <g@x>
>
> x
S: OK
C: SELECT INBOX
S: ...
S: OK
C: THREAD REFERENCES UTF-8 ALL
S: * THREAD (1 (3)(2 4))((6)(5))(7 8)
S: OK
C: UID THREAD REFERENCES UTF-8 2:8
S: * THREAD ((3)(2 4))((6)(5))(7 8)
S: OK
C: THREAD REFERENCES UTF-8 3,5
S: * THREAD (3)(5)
S: OK

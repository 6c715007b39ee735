# The sent date is in UTC; a bad zone counts as UTC, a bad time as 00:00:00, without a date INTERNALDATE is taken (RFC 5256 section 2.2).

C: APPEND INBOX "01-Jan-2030 00:00:00 +0000" <<
> Subject: 1
> Date: Mon, 31 Dec 2000 16:01:33 -0800
>
> x
S: OK
C: APPEND INBOX "01-Jan-2031 00:00:00 +0000" <<
> Subject: 2
> Date: 1 Jan 2001 00:01:32 +0000
>
> x
S: OK
C: APPEND INBOX "01-Jan-2001 00:01:34 +0000" <<
> Subject: 3
>
> x
S: OK
C: APPEND INBOX "01-Jan-2001 00:01:31 +0000" <<
> Subject: 4
> Date: yesterday
>
> x
S: OK
C: APPEND INBOX "01-Jan-2032 00:00:00 +0000" <<
> Subject: 5
> Date: 1 Jan 2001 00:01:35 BOGUS
>
> x
S: OK
C: APPEND INBOX "01-Jan-2033 00:00:00 +0000" <<
> Subject: 6
> Date: 1 Jan 2001 33:99:00 +0000
>
> x
S: OK
C: SELECT INBOX
S: ...
S: OK
C: SORT (DATE) UTF-8 ALL
S: * SORT 6 4 2 1 3 5
S: OK

# Each sort criterion, alone and reversed; equal ones keep the order of the mailbox, also under REVERSE (RFC 5256 section 3, "SORT").
# Also RFC 4790 section 4.2.4.

C: APPEND INBOX "03-Jan-2020 00:00:00 +0000" <<
> From: Zoe <b@example.org>
> To: u@example.org, a@example.org
> Cc: k@example.org
> Subject: Pear
> Date: Wed, 1 Jan 2020 12:00:00 +0000
>
> x
S: OK
C: APPEND INBOX "01-Jan-2020 00:00:00 +0000" <<
> From: c@example.org
> To: v@example.org
> Subject: apple
> Date: Wed, 1 Jan 2020 12:30:00 +0100
> X-Long: xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
>
> x
S: OK
C: APPEND INBOX "02-Jan-2020 00:00:00 +0000" <<
> From: Anna <A@example.net>
> To: t@example.org
> Cc: J@example.org
> Subject: Re: pear
> Date: Wed, 1 Jan 2020 12:00:00 +0000
>
> x
S: OK
C: APPEND INBOX "01-Jan-2020 00:00:00 +0000" <<
> From: b@example.com
> Subject: fig
> Date: Tue, 31 Dec 2019 23:00:00 -0500
>
> x
S: OK
C: SELECT INBOX
S: ...
S: OK
C: SORT (ARRIVAL) UTF-8 ALL
S: * SORT 2 4 3 1
S: OK
C: SORT (REVERSE ARRIVAL) UTF-8 ALL
S: * SORT 1 3 2 4
S: OK
C: SORT (CC) UTF-8 ALL
S: * SORT 2 4 3 1
S: OK
C: SORT (DATE) UTF-8 ALL
S: * SORT 4 2 1 3
S: OK
C: SORT (REVERSE DATE) UTF-8 ALL
S: * SORT 1 3 2 4
S: OK
C: SORT (FROM) UTF-8 ALL
S: * SORT 3 1 4 2
S: OK
C: SORT (REVERSE FROM) UTF-8 ALL
S: * SORT 2 1 4 3
S: OK
C: SORT (SIZE) UTF-8 ALL
S: * SORT 4 3 1 2
S: OK
C: SORT (SUBJECT) UTF-8 ALL
S: * SORT 2 4 1 3
S: OK
C: SORT (REVERSE SUBJECT) UTF-8 ALL
S: * SORT 1 3 4 2
S: OK
C: SORT (TO) UTF-8 ALL
S: * SORT 4 3 1 2
S: OK
C: sort (reverse subject reverse date) us-ascii all
S: * SORT 1 3 4 2
S: OK
C: SORT (SUBJECT REVERSE ARRIVAL) UTF-8 ALL
S: * SORT 2 4 1 3
S: OK
C: SORT (SUBJECT ARRIVAL) UTF-8 ALL
S: * SORT 2 4 3 1
S: OK

# SORT first searches: keys, sets of numbers and of UIDs, and nothing found are as in SEARCH (RFC 5256 section 3, "SORT").

C: APPEND INBOX <<
> Subject: b
>
> x
S: OK
C: APPEND INBOX <<
> Subject: a
>
> x
S: OK
C: APPEND INBOX <<
> Subject: d
>
> x
S: OK
C: APPEND INBOX <<
> Subject: c
>
> x
S: OK
C: SELECT INBOX
S: ...
S: OK
C: STORE 1 +FLAGS.SILENT (\Deleted)
S: OK
C: EXPUNGE
S: * 1 EXPUNGE
S: ...
S: OK
C: SORT (SUBJECT) UTF-8 ALL
S: * SORT 1 3 2
S: OK
C: UID SORT (SUBJECT) UTF-8 ALL
S: * SORT 2 4 3
S: OK
C: UID SORT (SUBJECT) UTF-8 2:3
S: * SORT 4 3
S: OK
C: UID SORT (REVERSE SUBJECT) UTF-8 UID 2:3
S: * SORT 3 2
S: OK
C: SORT (SUBJECT) US-ASCII OR SUBJECT "d" SUBJECT "c"
S: * SORT 3 2
S: OK
C: SORT (SUBJECT) "UTF-8" TEXT $lit"no such text"
S: * SORT
S: OK
# Numbers beyond the mailbox are no error (RFC 7377 section 2).
C: SORT (SUBJECT) UTF-8 9
S: * SORT
S: OK

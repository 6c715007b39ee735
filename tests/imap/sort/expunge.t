# No EXPUNGE during SORT and THREAD; UID SORT and UID THREAD allow it (RFC 5256 section 3).

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
> Subject: c
>
> x
S: OK
C: SELECT INBOX
S: ...
S: OK
other C: SELECT INBOX
other S: ...
other S: OK
other C: STORE 2 +FLAGS.SILENT (\Deleted)
other S: OK
other C: EXPUNGE
other S: * 2 EXPUNGE
other S: OK
C: SORT (SUBJECT) UTF-8 ALL
S: * SORT 1 3
S: OK
C: THREAD ORDEREDSUBJECT UTF-8 ALL
S: * THREAD (1)(3)
S: OK
C: UID SORT (REVERSE SUBJECT) UTF-8 ALL
S: * SORT 3 1
S: * 2 EXPUNGE
S: ...
S: OK
other C: STORE 1 +FLAGS.SILENT (\Deleted)
other S: OK
other C: EXPUNGE
other S: * 1 EXPUNGE
other S: OK
C: UID THREAD REFS UTF-8 ALL
S: * THREAD (3)
S: * 1 EXPUNGE
S: ...
S: OK

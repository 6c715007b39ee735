# A result that is kept up to date goes on by the comparator of its command, whatever is chosen later (RFC 5255 section 4.2, RFC 5267 section 4.3).

C: APPEND INBOX <<
> Subject: Anna
>
> x
S: OK
C: SELECT INBOX
S: ...
S: OK
C: COMPARATOR i;octet
S: * COMPARATOR i;octet
S: OK
C= e1 UID SEARCH RETURN (UPDATE ALL) SUBJECT "Anna"
S: * ESEARCH (TAG "e1") UID ALL 1
S: e1 OK $any
C: COMPARATOR default
S: * COMPARATOR i;unicode-casemap
S: OK
other C: APPEND INBOX <<
> Subject: anna
>
> x
other S: OK
other C: APPEND INBOX <<
> Subject: to Anna
>
> x
other S: OK
C: NOOP
S: * 3 EXISTS
S: ...
S: * ESEARCH (TAG "e1") UID ADDTO (0 3)
S: OK

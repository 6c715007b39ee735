# The names of SORT's keys and options and of THREAD's algorithms are read in any case (RFC 5256 section 5, RFC 5267 section 7).
@ mailbox INBOX 2

C: SELECT INBOX
S: ...
S: OK
C: sort (Reverse Subject) us-ascii all
S: * SORT 2 1
S: OK
C: uid sort return (all) (displayfrom Subject) utf-8 all
S: * ESEARCH (TAG $any) UID ALL {{[12:,]+}}
S: OK
C: thread orderedsubject us-ascii all
S: * THREAD {{\(1\)\(2\)}}
S: OK

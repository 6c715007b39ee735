# What there is of SORT and THREAD is named after log-in (RFC 5256 section 1, RFC 5957 section 1, RFC 5267 section 3.1).

C: SELECT INBOX
S: ...
S: OK
C: CAPABILITY
S: * CAPABILITY {{(?=.* SORT )(?=.* SORT=DISPLAY )(?=.* ESORT )(?=.* THREAD=ORDEREDSUBJECT )(?=.* THREAD=REFERENCES )(?=.* THREAD=REFS ).*}}
S: OK

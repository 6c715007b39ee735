# The correlator repeats the tag whatever it is made of (RFC 9051 section 7.3.4).
@ mailbox INBOX 1

C: SELECT INBOX
S: ...
S: OK
C= a.]#'1 SEARCH RETURN (COUNT) ALL
S: * ESEARCH (TAG "a.]#'1") COUNT 1
S: a.]#'1 OK $any

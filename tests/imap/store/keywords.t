# New keywords are announced by FLAGS, kept with their first spelling, compared without case (RFC 9051 section 2.3.2).
@ mailbox INBOX 2

C: SELECT INBOX
S: ...
S: OK
C: STORE 1 +FLAGS (MyLabel)
S: * FLAGS $has(MyLabel)
S: * OK [PERMANENTFLAGS $has(MyLabel \*)]
S: * 1 FETCH {{.*}}FLAGS $has(MyLabel){{.*}}
S: OK
C: STORE 2 +FLAGS (MYLABEL)
S: * 2 FETCH {{.*}}FLAGS {{\([^)]*}}MyLabel{{[^)]*\)}}{{.*}}
S: OK
C: SEARCH KEYWORD mylabel
[rev1] S: * SEARCH 1 2
[rev2] S: * ESEARCH (TAG $any) ALL 1:2
S: OK
C: STORE 1 -FLAGS (mylabel)
S: * 1 FETCH {{.*}}FLAGS ({{(\\Recent)?}}){{.*}}
S: OK

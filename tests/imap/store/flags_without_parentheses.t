# The flags may stand without parentheses (RFC 9051 section 9, store-att-flags).
@ mailbox INBOX 1

C: SELECT INBOX
S: ...
S: OK
C: STORE 1 +flags \Seen \Answered
S: * 1 FETCH {{.*}}FLAGS $has(\Seen \Answered){{.*}}
S: OK
C: STORE 1 flags.silent \Draft
S: OK
C: STORE 1 +FLAGS ()
S: * 1 FETCH {{.*}}FLAGS $has(\Draft){{.*}}
S: OK

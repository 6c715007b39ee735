# ENABLE does not outlive UNAUTHENTICATE (RFC 8437 section 3): the next user's client is told no MODSEQ.
@ mailbox INBOX 1
@ rev rev1
@ needs UNAUTHENTICATE

C: SELECT INBOX (CONDSTORE)
S: ...
S: OK
C: UNAUTHENTICATE
S: ...
S: OK
C: LOGIN ${user} $lit+"se\"c\\ret"
S: ...
S: OK
C: SELECT INBOX
S: ...
S: OK
C: STORE 1 +FLAGS (\Seen)
S: * 1 FETCH (FLAGS $has(\Seen))
S: OK

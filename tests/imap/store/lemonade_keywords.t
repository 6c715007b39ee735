# $Forwarded, $SubmitPending and $Submitted are stored, copied and searched for (RFC 5550 sections 5.9 and 5.10).
@ mailbox INBOX 2
@ mailbox there
C: SELECT INBOX
S: ...
S: OK
C: STORE 1 +FLAGS.SILENT ($Forwarded $SubmitPending $Submitted)
S: ...
S: OK
C: COPY 1:2 there
S: OK
C: SELECT there
S: ...
S: OK
C: UID SEARCH RETURN (ALL) KEYWORD $Forwarded KEYWORD $Submitted KEYWORD $SubmitPending
S: * ESEARCH (TAG $any) UID ALL 1
S: OK
C: FETCH 1 FLAGS
S: * 1 FETCH (FLAGS $has($Forwarded $SubmitPending $Submitted))
S: OK

# SEARCH MODSEQ is an enabling command (RFC 7162 section 3.1).
@ mailbox INBOX 1

C: SELECT INBOX
S: ...
S: OK
C: UID SEARCH MODSEQ 1
S: * OK [HIGHESTMODSEQ $nz]
[rev1] S: * SEARCH $nz (MODSEQ $nz)
[rev2] S: * ESEARCH (TAG $any) UID ALL $nz MODSEQ $nz
S: OK
C: STORE 1 +FLAGS (\Seen)
S: * 1 FETCH $items(UID $nz, FLAGS $has(\Seen), MODSEQ ($nz))
S: OK

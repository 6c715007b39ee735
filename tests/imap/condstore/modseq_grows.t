# Each STORE gives a higher modseq than all before it, and so does APPEND and COPY (RFC 7162 section 3.1).
@ mailbox INBOX 2

C: SELECT INBOX (CONDSTORE)
S: ...
S: * OK [HIGHESTMODSEQ ${high}]
S: ...
S: OK
C: STORE 2 +FLAGS.SILENT (\Seen)
S: * 2 FETCH (UID 2 MODSEQ (${m2}))
S: OK
C: STORE 1 +FLAGS.SILENT (\Seen)
S: * 1 FETCH (UID 1 MODSEQ (${m1}))
S: OK
C: SEARCH MODSEQ ${m1}
[rev1] S: * SEARCH 1 (MODSEQ ${m1})
[rev2] S: * ESEARCH (TAG $any) ALL 1 MODSEQ ${m1}
S: OK
C: FETCH 1:2 (UID) (CHANGEDSINCE ${m2})
S: * 1 FETCH $items(UID 1, MODSEQ (${m1}))
S: OK
C: COPY 2 INBOX
S: ...
S: OK
C: UID FETCH 1:* (UID) (CHANGEDSINCE ${m1})
S: * 3 FETCH $items(UID 3, MODSEQ ($nz))
S: OK

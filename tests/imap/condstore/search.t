# SEARCH MODSEQ finds what has at least this modseq and gives the highest one of what it found; nothing found, no MODSEQ. Entry name
# and type are read and ignored: a message has one modseq (RFC 7162 sections 3.1.5 and 3.1.6).
@ mailbox INBOX 3
@ rev rev1

C: SELECT INBOX (CONDSTORE)
S: ...
S: * OK [HIGHESTMODSEQ ${high}]
S: ...
S: OK
C: STORE 1 +FLAGS.SILENT (\Draft)
S: * 1 FETCH (UID 1 MODSEQ (${m1}))
S: OK
C: STORE 3 +FLAGS.SILENT (\Seen)
S: * 3 FETCH (UID 3 MODSEQ (${m3}))
S: OK
C: SEARCH MODSEQ ${m1}
S: * SEARCH 1 3 (MODSEQ ${m3})
S: OK
C: SEARCH MODSEQ "/flags/\\draft" all ${m1}
S: * SEARCH 1 3 (MODSEQ ${m3})
S: OK
C: SEARCH MODSEQ "/flags/$X" PRIV ${m3}
S: * SEARCH 3 (MODSEQ ${m3})
S: OK
C: SEARCH MODSEQ 0 DRAFT
S: * SEARCH 1 (MODSEQ ${m1})
S: OK
C: SEARCH MODSEQ 9223372036854775807
S: * SEARCH
S: OK
C: SEARCH OR NOT MODSEQ ${m1} LARGER 50000000
S: * SEARCH 2 (MODSEQ $nz)
S: OK
C: SEARCH ALL
S: * SEARCH 1 2 3
S: OK

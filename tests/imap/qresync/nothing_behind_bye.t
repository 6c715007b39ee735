# Behind the BYE that tells of the deletion of the selected mailbox comes no HIGHESTMODSEQ, though one would be due: a MODSEQ was told while an expunge
# is held back (RFC 7162 section 3.2; RFC 3501 section 7.1.5).
@ rev rev1
@ mailbox box 3
a C: ENABLE QRESYNC
a S: ...
a S: OK
a C: SELECT box
a S: ...
a S: OK
b C: SELECT box
b S: ...
b S: OK
b C: STORE 2 +FLAGS.SILENT (\Deleted)
b S: OK
b C: EXPUNGE
b S: ...
b S: OK
b C: UNSELECT
b S: OK
b C: DELETE box
b S: OK
a C: FETCH 1 (MODSEQ)
a S: * 1 FETCH (MODSEQ $any)
a S: * BYE $any
a CLOSED

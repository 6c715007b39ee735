# SAVEDATE is the time when the message came, whatever date APPEND gave; a string, never NIL, since every mailbox keeps it; it does not change
# (RFC 8514 sections 3 and 4.2). Another session sees the same.
@ mailbox INBOX plain.eml (\Seen) "01-Feb-2004 10:00:00 +0300"
a C: SELECT INBOX
a S: ...
a S: OK
a C: FETCH 1 (INTERNALDATE SAVEDATE)
a S! * 1 FETCH $items(INTERNALDATE "$any", SAVEDATE NIL)
a S! * 1 FETCH $items(INTERNALDATE "$any", SAVEDATE "$any-2004 $any")
a S: * 1 FETCH $items(INTERNALDATE " 1-Feb-2004 10:00:00 +0300", SAVEDATE "${day=[ 0-9][0-9]-[A-Z][a-z][a-z]-20[2-9][0-9]} ${time=[0-9:]+} +0000")
a S: OK
a C: STORE 1 +FLAGS.SILENT (\Flagged)
a S: OK
a C: FETCH 1 SAVEDATE
a S: * 1 FETCH (SAVEDATE "${day} ${time} +0000")
a S: OK
b C: EXAMINE INBOX
b S: ...
b S: OK
b C: UID FETCH 1 (savedate)
b S: * 1 FETCH $items(UID 1, SAVEDATE "${day} ${time} +0000")
b S: OK

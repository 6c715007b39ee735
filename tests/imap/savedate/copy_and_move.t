# COPY and MOVE give the copy a save date of its own and leave the source's alone, although INTERNALDATE is taken over (RFC 8514 section 3).
# Wrong passwords make the second pass that lies between.
@ mailbox INBOX plain.eml () "01-Feb-2004 10:00:00 +0000"
@ mailbox INBOX plain.eml () "01-Feb-2004 10:00:00 +0000"
@ mailbox Other
a C: SELECT INBOX
a S: ...
a S: OK
a C: FETCH 2 (SAVEDATE)
a S: * 2 FETCH (SAVEDATE "${two=[^"]+}")
a S: OK
b CONNECT
b S: * OK $any
b C: LOGIN ${user} wrong
b S: NO
b C: LOGIN ${user} wrong
b S: NO
a C: COPY 2 Other
a S: OK
a C: COPY 2 INBOX
a S: ...
a S: OK
a C: FETCH 2 (SAVEDATE)
a S: * 2 FETCH (SAVEDATE "${two}")
a S: OK
a C: FETCH 3 (INTERNALDATE SAVEDATE)
a S! * 3 FETCH $items(INTERNALDATE $any, SAVEDATE "${two}")
a S: * 3 FETCH $items(INTERNALDATE " 1-Feb-2004 10:00:00 +0000", SAVEDATE "${three=[^"]+}")
a S: OK
a C: MOVE 1 Other
a S: ...
a S: OK
a C: SELECT Other
a S: ...
a S: OK
a C: FETCH 1:2 (INTERNALDATE SAVEDATE)
a S! * 1 FETCH $items(INTERNALDATE $any, SAVEDATE "${two}")
a S! * 2 FETCH $items(INTERNALDATE $any, SAVEDATE "${two}")
a S: * 1 FETCH $items(INTERNALDATE " 1-Feb-2004 10:00:00 +0000", SAVEDATE "$any")
a S: * 2 FETCH $items(INTERNALDATE " 1-Feb-2004 10:00:00 +0000", SAVEDATE "$any")
a S: OK

# Others see one step: the removal and the new message, and never a change of flags (RFC 8508 section 3.4: no responses for STORE).
@ mailbox INBOX 2
a C: SELECT INBOX
a S: ...
a S: OK
b C: SELECT INBOX
b S: ...
b S: OK
b C: IDLE
b S: + $any
a C: UID REPLACE 1 INBOX (\Flagged) $lit"Subject: new\r\n\r\nx"
a S! * 1 FETCH $any
a S: * OK [APPENDUID $any]
a S: ...
a S: OK
b S! * 1 FETCH $any
b S: * 1 EXPUNGE
b S: * 2 EXISTS
b C= DONE
b S! * 1 FETCH $any
b S: ...
b S: OK
b C: FETCH 1:2 (UID FLAGS)
b S: * 1 FETCH $items(UID 2, FLAGS $any)
b S: * 2 FETCH $items(UID 3, FLAGS $has(\Flagged))
b S: OK

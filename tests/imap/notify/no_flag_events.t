# Without FlagChange flags are not told, neither of another mailbox nor of the selected one (RFC 5465 section 3.1), until a NOTIFY SET, which
# brings all that has accumulated.
@ mailbox a 2
a C: SELECT INBOX
a S: ...
a S: OK
a C: NOTIFY SET (selected (MessageNew MessageExpunge)) (personal (MessageNew MessageExpunge))
a S: OK
b C: APPEND INBOX $lit+"x"
b S: OK
a S: * 1 EXISTS
b C: SELECT INBOX
b S: ...
b S: OK
b C: STORE 1 +FLAGS.SILENT (\Flagged)
b S: OK
b C: SELECT a
b S: ...
b S: OK
b C: STORE 1 +FLAGS.SILENT (\Seen)
b S: OK
a C: NOOP
a S! * 1 FETCH $any
a S: ...
a S: OK
a C: NOTIFY SET (selected (MessageNew MessageExpunge FlagChange))
a S: ...
a S: * 1 FETCH {{\(.*\\Flagged.*\)}}
a S: ...
a S: OK
b C: STORE 1 +FLAGS.SILENT (\Answered)
b S: OK
b C: SELECT INBOX
b S: ...
b S: OK
b C: STORE 1 +FLAGS.SILENT (\Answered)
b S: OK
a S: * 1 FETCH {{\(.*\\Answered.*\)}}

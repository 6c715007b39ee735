# $hasattachment and $hasnoattachment, $memo and $hasmemo are never set together: the one that is set takes the other away, and a client that set
# it silently is told so (RFC 9979 sections 4 and 5).
@ mailbox INBOX 2

a C: SELECT INBOX
a S: ...
a S: OK
b C: SELECT INBOX
b S: ...
b S: OK
a C: STORE 1 +FLAGS ($hasnoattachment $memo)
a S: ...
a S: * 1 FETCH ($any)
a S: OK
a C: STORE 1 +FLAGS.SILENT ($HasAttachment)
a S: ...
a S: * 1 FETCH ($any)
a S: OK
a C: UID FETCH 1 (FLAGS)
a S: * 1 FETCH $items(UID 1, FLAGS {{\((\\Recent )?\$memo \$HasAttachment\)|\((\$memo \$HasAttachment|\$HasAttachment \$memo)( \\Recent)?\)}})
a S: OK
a C: STORE 1 +FLAGS.SILENT ($Other)
a S: ...
a S: OK
a C: STORE 1 FLAGS.SILENT ($hasmemo $memo)
a S: ...
a S: * 1 FETCH ($any)
a S: OK
b C: NOOP
b S: ...
b S: OK
b C: SEARCH RETURN (ALL) KEYWORD $memo UNKEYWORD $hasmemo UNKEYWORD $hasattachment UNKEYWORD $hasnoattachment
b S: * ESEARCH (TAG $any) ALL 1
b S: OK
b C: APPEND INBOX ($hasattachment $hasnoattachment $memo $hasmemo $x) $lit"Subject: x\r\n\r\nx"
b S: ...
b S: OK
b C: SEARCH RETURN (ALL) KEYWORD $x KEYWORD $hasnoattachment KEYWORD $hasmemo UNKEYWORD $hasattachment UNKEYWORD $memo
b S: * ESEARCH (TAG $any) ALL 3
b S: OK
b C: STORE 3 -FLAGS.SILENT ($hasmemo)
b S: OK
b C: SEARCH RETURN (ALL) UNKEYWORD $memo UNKEYWORD $hasmemo KEYWORD $x
b S: * ESEARCH (TAG $any) ALL 3
b S: OK

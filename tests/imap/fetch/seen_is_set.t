# BODY[...] sets \Seen and tells so in the same response (RFC 9051 section 6.4.5); a second one has nothing to tell.
@ mailbox INBOX 2

C: SELECT INBOX
S: ...
S: OK
C: FETCH 1:2 BODY[TEXT]
S: * 1 FETCH $items(BODY[TEXT] $str"Body of message 1.\r\n", FLAGS $has(\Seen))
S: * 2 FETCH $items(BODY[TEXT] $str"Body of message 2.\r\n", FLAGS $has(\Seen))
S: OK
C: FETCH 1 BODY[TEXT]
S: * 1 FETCH (BODY[TEXT] $str"Body of message 1.\r\n")
S: OK
C: FETCH 2 (FLAGS BODY[TEXT])
S: * 2 FETCH $items(FLAGS $has(\Seen), BODY[TEXT] $str"Body of message 2.\r\n")
S: OK
NONE

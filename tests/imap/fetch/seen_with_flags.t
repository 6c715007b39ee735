# FLAGS asked for together with BODY[...]: the new flags, once (RFC 9051 section 6.4.5).
@ mailbox INBOX 1

C: SELECT INBOX
S: ...
S: OK
C: UID FETCH 1:* (FLAGS BODY[TEXT])
S: * 1 FETCH $items(UID $nz, FLAGS $has(\Seen), BODY[TEXT] $str"Body of message 1.\r\n")
S: OK
NONE

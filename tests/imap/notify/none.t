# NOTIFY NONE: nothing is told of any mailbox, in IDLE neither (RFC 5465 sections 3.1 and 4).
@ mailbox a 2
a C: SELECT a
a S: ...
a S: OK
a C: NOTIFY SET (selected (MessageNew MessageExpunge)) (personal (MessageNew MessageExpunge MailboxName))
a S: OK
a C: NOTIFY NONE
a S: OK
b C: APPEND a $lit+"x"
b S: OK
b C: APPEND INBOX $lit+"x"
b S: OK
b C: CREATE new
b S: OK
a C: IDLE
a S: + $any
a C= DONE
a S: OK
a NONE

# SELECT tells no message number: rev1's UNSEEN code is left out (RFC 9586 section 3: the server MUST NOT return message sequence numbers in any response). EXISTS and RECENT stay.
@ rev rev1
@ mailbox INBOX 2

a C: SELECT INBOX
a S: ...
a S: * OK [UNSEEN 1] $text
a S: ...
a S: OK
a C: ENABLE UIDONLY
a S: * ENABLED UIDONLY
a S: OK
a C: EXAMINE INBOX
a S! * OK [UNSEEN
a S: ...
a S: * 2 EXISTS
a S: * 0 RECENT
a S: ...
a S: OK

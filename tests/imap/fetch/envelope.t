# ENVELOPE: ten fields, Sender and Reply-To taken from From where there are none (RFC 9051 section 7.5.2).
@ mailbox INBOX 1
@ mailbox INBOX group_addresses.eml

C: EXAMINE INBOX
S: ...
S: OK
C: FETCH 1 ENVELOPE
S: * 1 FETCH (ENVELOPE ("01 Jan 2024 12:00:00 +0000" "Message 1" (("Sender 1" NIL "sender1" "example.org")) (("Sender 1" NIL "sender1" "example.org")) (("Sender 1" NIL "sender1" "example.org")) ((NIL NIL "anna" "example.org")) NIL NIL NIL "<1@example.org>"))
S: OK
C: FETCH 2 ENVELOPE
S: * 2 FETCH (ENVELOPE ($any))
S: OK

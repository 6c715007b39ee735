# ALL, FAST and FULL stand for lists of items (RFC 9051 section 6.4.5).
@ mailbox INBOX plain.eml (\Seen) "01-Feb-2024 03:04:05 +0100"

C: EXAMINE INBOX
S: ...
S: OK
C: FETCH 1 FAST
S: * 1 FETCH $items(FLAGS $has(\Seen), INTERNALDATE " 1-Feb-2024 03:04:05 +0100", RFC822.SIZE 345)
S: OK
C: fetch 1 all
S: * 1 FETCH $items(FLAGS $has(\Seen), INTERNALDATE " 1-Feb-2024 03:04:05 +0100", RFC822.SIZE 345, ENVELOPE ("Mon, 4 Mar 2024 09:12:44 +0100" "Welcome" $any))
S: OK
C: FETCH 1 FULL
S: * 1 FETCH $items(FLAGS $has(\Seen), INTERNALDATE " 1-Feb-2024 03:04:05 +0100", RFC822.SIZE 345, ENVELOPE ($any), BODY ("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 85 5))
S: OK

# BINARY[...], and RFC822 and RFC822.TEXT in rev1 and rev2, set \Seen (RFC 9051 section 6.4.5, RFC 3501 section 6.4.5).
@ mailbox INBOX 5

C: SELECT INBOX
S: ...
S: OK
C: FETCH 1 BINARY[1]
S: * 1 FETCH $items(BINARY[1] $str"Body of message 1.\r\n", FLAGS $has(\Seen))
S: OK
C: FETCH 2 (BINARY.PEEK[1] BINARY.SIZE[1] BODY ENVELOPE BODYSTRUCTURE RFC822.SIZE INTERNALDATE)
S: * 2 FETCH ($any)
S: OK
[rev1] C: FETCH 3 RFC822
[rev1] S: * 3 FETCH $items(RFC822 $any, FLAGS $has(\Seen))
[rev1] S: OK
[rev1] C: FETCH 4 RFC822.TEXT
[rev1] S: * 4 FETCH $items(RFC822.TEXT $str"Body of message 4.\r\n", FLAGS $has(\Seen))
[rev1] S: OK
[rev1] C: FETCH 5 RFC822.HEADER
[rev1] S: * 5 FETCH (RFC822.HEADER $any)
[rev1] S: OK
C: SEARCH UNSEEN
[rev1] S: * SEARCH 2 5
[rev2] S: * ESEARCH (TAG $any) ALL 2:5
S: OK

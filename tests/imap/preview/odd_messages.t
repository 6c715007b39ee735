# Whatever a message is made of, its preview is a string of at most 256 characters of UTF-8 without NUL (the grammar checker looks; RFC 8970
# section 3.3), and one message does not keep others from the client.
@ mailbox INBOX nul_bytes.eml
@ mailbox INBOX gbk_headers.eml
@ mailbox INBOX bad_encoding.eml
@ mailbox INBOX latin1_headers.eml
@ mailbox INBOX no_end_boundary.eml
@ mailbox INBOX unbalanced.eml
@ mailbox INBOX garbage_header.eml
@ mailbox INBOX one_byte.eml
C: SELECT INBOX
S: ...
S: OK
C: FETCH 1:* (PREVIEW)
S: * 1 FETCH (PREVIEW $any)
S: * 2 FETCH (PREVIEW $any)
S: * 3 FETCH (PREVIEW $any)
S: * 4 FETCH (PREVIEW $any)
S: * 5 FETCH (PREVIEW $any)
S: * 6 FETCH (PREVIEW $any)
S: * 7 FETCH (PREVIEW $any)
S: * 8 FETCH (PREVIEW $any)
S: OK

# Raw UTF-8 in a header goes out as UTF-8 in rev2 and as encoded words in rev1 (RFC 9051 section 7.5.2, users.md section 1.1).
@ mailbox INBOX latin1_headers.eml

C: EXAMINE INBOX
S: ...
S: OK
C: FETCH 1 ENVELOPE
[rev1] S: * 1 FETCH (ENVELOPE ({{[\x00-\x7f]*}}))
[rev2] S: * 1 FETCH (ENVELOPE ($any))
S: OK
C: FETCH 1 BODYSTRUCTURE
[rev1] S: * 1 FETCH (BODYSTRUCTURE ({{[\x00-\x7f]*}}))
[rev2] S: * 1 FETCH (BODYSTRUCTURE ($any))
S: OK

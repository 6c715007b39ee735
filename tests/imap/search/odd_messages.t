# Searching odd messages ends, and finds what can be found.
@ mailbox INBOX bad_content_type.eml
@ mailbox INBOX bad_content_type2.eml
@ mailbox INBOX bad_encoding.eml
@ mailbox INBOX empty_multipart.eml
@ mailbox INBOX gbk_headers.eml
@ mailbox INBOX latin1_headers.eml
@ mailbox INBOX long_line.eml
@ mailbox INBOX no_headers.eml
@ mailbox INBOX nul_bytes.eml
@ mailbox INBOX one_byte.eml
@ mailbox INBOX rfc822_base64.eml
@ mailbox INBOX same_boundary_nested.eml

C: SELECT INBOX
S: ...
S: OK
C: SEARCH TEXT "no such text anywhere"
[rev1] S: * SEARCH
[rev2] S: * ESEARCH (TAG $any)
S: OK
C: SEARCH SUBJECT "Café crème"
[rev1] S: * SEARCH 6
[rev2] S: * ESEARCH (TAG $any) ALL 6
S: OK
C: SEARCH BODY "déjà vu"
[rev1] S: * SEARCH 6
[rev2] S: * ESEARCH (TAG $any) ALL 6
S: OK
C: SEARCH BODY "hello" 3
[rev1] S: * SEARCH 3
[rev2] S: * ESEARCH (TAG $any) ALL 3
S: OK

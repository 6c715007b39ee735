# Odd messages are described by a legal structure (the grammar checker reads every answer), and their octets are all there.
@ mailbox INBOX bad_content_type.eml
@ mailbox INBOX bad_content_type2.eml
@ mailbox INBOX bad_encoding.eml
@ mailbox INBOX bare_cr_lf.eml
@ mailbox INBOX dates.eml
@ mailbox INBOX empty_multipart.eml
@ mailbox INBOX empty_multipart_digest.eml
@ mailbox INBOX garbage_header.eml
@ mailbox INBOX gbk_headers.eml
@ mailbox INBOX group_addresses.eml
@ mailbox INBOX headers_only.eml
@ mailbox INBOX latin1_headers.eml
@ mailbox INBOX long_line.eml
@ mailbox INBOX many_recipients.eml
@ mailbox INBOX no_boundary.eml
@ mailbox INBOX no_end_boundary.eml
@ mailbox INBOX no_headers.eml
@ mailbox INBOX nul_bytes.eml
@ mailbox INBOX obs_addresses.eml
@ mailbox INBOX one_byte.eml
@ mailbox INBOX only_body.eml
@ mailbox INBOX prefix_boundary.eml
@ mailbox INBOX rfc822_base64.eml
@ mailbox INBOX same_boundary_nested.eml
@ mailbox INBOX two_content_types.eml
@ mailbox INBOX unbalanced.eml

C: SELECT INBOX
S: ...
S: OK
C: FETCH 1:* FULL
S: ...
S: OK
C: FETCH 1:* (BODYSTRUCTURE BODY.PEEK[HEADER] BODY.PEEK[TEXT] BODY.PEEK[1] BODY.PEEK[1.MIME] BODY.PEEK[1.1] BODY.PEEK[2.1.MIME] BODY.PEEK[1.HEADER.FIELDS (SUBJECT)])
S: ...
S: OK
C: FETCH 1 BODY.PEEK[]
S: * 1 FETCH (BODY[] $file(bad_content_type.eml))
S: OK
C: FETCH 3 BODY.PEEK[]
S: * 3 FETCH (BODY[] $file(bad_encoding.eml))
S: OK
C: FETCH 20 BODY.PEEK[]
S: * 20 FETCH (BODY[] $file(one_byte.eml))
S: OK
C: FETCH 24 (BODY.PEEK[] UID)
S: * 24 FETCH $items(BODY[] $file(same_boundary_nested.eml), UID $nz)
S: OK

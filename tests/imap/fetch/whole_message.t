# BODY.PEEK[] gives every octet, and RFC822.SIZE says how many (RFC 9051 section 6.4.5).
@ mailbox INBOX attachments.eml

C: SELECT INBOX
S: ...
S: OK
C: FETCH 1 (BODY.PEEK[] RFC822.SIZE)
S: * 1 FETCH $items(BODY[] $file(attachments.eml), RFC822.SIZE 1079)
S: OK

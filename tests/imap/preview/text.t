# PREVIEW is plain text made of the first readable part: no transfer encoding, no markup, other charsets turned into UTF-8 (RFC 8970 section
# 3.3). The same whenever asked (section 3.2), with LAZY too; it marks nothing as read.
@ mailbox INBOX plain.eml
@ mailbox INBOX html_only.eml
@ mailbox INBOX alternative.eml
@ mailbox INBOX signed.eml
@ mailbox INBOX utf8_body.eml
C: SELECT INBOX
S: ...
S: OK
C: FETCH 1 (PREVIEW)
S: * 1 FETCH (PREVIEW "Hello Anna, this is your new mailbox. Everything you had before is in it. Ben")
S: OK
C: FETCH 1:4 (UID PREVIEW (LAZY) RFC822.SIZE)
S: * 1 FETCH (UID 1 PREVIEW "Hello Anna, this is your new mailbox. Everything you had before is in it. Ben" RFC822.SIZE $nz)
S: * 2 FETCH (UID 2 PREVIEW "Thank you. Your order is on its way." RFC822.SIZE $nz)
S: * 3 FETCH (UID 3 PREVIEW $str"Two exhibitions open this month: “Water” and “Glass”." RFC822.SIZE $nz)
S: * 4 FETCH (UID 4 PREVIEW "Whatever was signed must come back to the byte." RFC822.SIZE $nz)
S: OK
[rev1] C: FETCH 5 PREVIEW
[rev1] S: * 5 FETCH (PREVIEW $lit"Liebe Anna, schöne Grüße aus Köln. 🚂 日本語 العربية Zoë")
[rev1] S: OK
[rev2] C: FETCH 5 PREVIEW
[rev2] S: * 5 FETCH (PREVIEW "Liebe Anna, schöne Grüße aus Köln. 🚂 日本語 العربية Zoë")
[rev2] S: OK
C: uid fetch 5 preview (lazy)
S: * 5 FETCH (UID 5 PREVIEW $str"Liebe Anna, schöne Grüße aus Köln. 🚂 日本語 العربية Zoë")
S: OK
C: SEARCH RETURN (SAVE) SUBJECT welcome
S: OK
C: FETCH $ (FLAGS UID PREVIEW (LAZY))
S: * 1 FETCH (FLAGS $any UID 1 PREVIEW "Hello Anna, this is your new mailbox. Everything you had before is in it. Ben")
S: OK
C: SEARCH RETURN (COUNT) SEEN
S: * ESEARCH (TAG $any) COUNT 0
S: OK

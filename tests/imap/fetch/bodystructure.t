# BODY and BODYSTRUCTURE of a message with parts (RFC 9051 section 7.5.2).
@ mailbox INBOX attachments.eml
@ mailbox INBOX forwarded.eml

C: EXAMINE INBOX
S: ...
S: OK
C: FETCH 1 BODY
S: * 1 FETCH (BODY (("text" "plain" ("charset" "utf-8") NIL NIL "7bit" $num $num)("text" "csv" ("charset" "utf-8" "name" "minutes.csv") NIL "the minutes" "base64" 48 $num)("image" "png" ("name" "dot.png") "<dot@example.com>" NIL "base64" $num) "mixed"))
S: OK
C: FETCH 1 BODYSTRUCTURE
S: * 1 FETCH (BODYSTRUCTURE (("text" "plain" $any)("text" "csv" ("charset" "utf-8" "name" "minutes.csv") NIL "the minutes" "base64" 48 $num "Q2hlY2sgSW50ZWdyaXR5IQ==" ("attachment" ("filename" "minutes.csv" "size" "30" "modification-date" "Wed, 6 Mar 2024 07:50:00 +0000")) ("en" "de") "https://example.com/minutes.csv")("image" $any) "mixed" ("boundary" "mixed-1") NIL NIL NIL))
S: OK
C: FETCH 2 BODY
S: * 2 FETCH (BODY (("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 13 $num)("message" "rfc822" NIL NIL NIL "7bit" $num ("Thu, 7 Mar 2024 01:02:03 +0000" "the original" $any) (("text" "plain" $any)("message" "rfc822" $any) "alternative") $num) "mixed"))
S: OK

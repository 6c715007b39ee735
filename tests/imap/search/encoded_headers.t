# Encoded words are decoded before they are compared (RFC 9051 section 6.4.4).
@ mailbox INBOX plain.eml (\Seen \Answered) "01-Feb-2024 10:00:00 +0000"
@ mailbox INBOX list.eml (\Flagged $Forwarded) "02-Feb-2024 00:30:00 +0200"
@ mailbox INBOX utf8_body.eml (\Seen Work) "02-Feb-2024 23:59:59 -0500"
@ mailbox INBOX encoded_words.eml () "03-Feb-2024 12:00:00 +0000"
@ mailbox INBOX attachments.eml (\Deleted) "03-Feb-2024 12:00:00 +0000"
@ mailbox INBOX draft.eml (\Draft Work)

C: SELECT INBOX
S: ...
S: OK
C: SEARCH FROM "Zoë Müller"
[rev1] S: * SEARCH 3
[rev2] S: * ESEARCH (TAG $any) ALL 3
S: OK
C: SEARCH FROM "ZOË MÜLLER"
[rev1] S: * SEARCH 3
[rev2] S: * ESEARCH (TAG $any) ALL 3
S: OK
C: SEARCH SUBJECT "aus Köln, 🚂 und alles"
[rev1] S: * SEARCH 3
[rev2] S: * ESEARCH (TAG $any) ALL 3
S: OK
C: SEARCH SUBJECT "Grüße"
[rev1] S: * SEARCH 3
[rev2] S: * ESEARCH (TAG $any) ALL 3
S: OK
C: SEARCH SUBJECT "grüsse"
[rev1] S: * SEARCH
[rev2] S: * ESEARCH (TAG $any)
S: OK
C: SEARCH TO "löffler"
[rev1] S: * SEARCH 3
[rev2] S: * ESEARCH (TAG $any) ALL 3
S: OK
C: SEARCH FROM "山田"
[rev1] S: * SEARCH 4
[rev2] S: * ESEARCH (TAG $any) ALL 4
S: OK
C: SEARCH TO "Анна"
[rev1] S: * SEARCH 4
[rev2] S: * ESEARCH (TAG $any) ALL 4
S: OK
C: SEARCH SUBJECT "café – 5 €你好 plain"
[rev1] S: * SEARCH 4
[rev2] S: * ESEARCH (TAG $any) ALL 4
S: OK
C: SEARCH HEADER Comments "one_two"
[rev1] S: * SEARCH
[rev2] S: * ESEARCH (TAG $any)
S: OK
C: SEARCH HEADER Comments "onetwo"
[rev1] S: * SEARCH
[rev2] S: * ESEARCH (TAG $any)
S: OK
C: SEARCH HEADER Comments "one two"
[rev1] S: * SEARCH 4
[rev2] S: * ESEARCH (TAG $any) ALL 4
S: OK
C: SEARCH FROM =?utf-8
[rev1] S: * SEARCH
[rev2] S: * ESEARCH (TAG $any)
S: OK

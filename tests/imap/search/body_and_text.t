# BODY looks at decoded text parts, TEXT at header fields too (RFC 9051 section 6.4.4).
@ mailbox INBOX plain.eml (\Seen \Answered) "01-Feb-2024 10:00:00 +0000"
@ mailbox INBOX list.eml (\Flagged $Forwarded) "02-Feb-2024 00:30:00 +0200"
@ mailbox INBOX utf8_body.eml (\Seen Work) "02-Feb-2024 23:59:59 -0500"
@ mailbox INBOX encoded_words.eml () "03-Feb-2024 12:00:00 +0000"
@ mailbox INBOX attachments.eml (\Deleted) "03-Feb-2024 12:00:00 +0000"
@ mailbox INBOX draft.eml (\Draft Work)

C: SELECT INBOX
S: ...
S: OK
C: SEARCH BODY "new mailbox"
[rev1] S: * SEARCH 1
[rev2] S: * ESEARCH (TAG $any) ALL 1
S: OK
C: SEARCH BODY "this is your new mailbox. Everything"
[rev1] S: * SEARCH 1
[rev2] S: * ESEARCH (TAG $any) ALL 1
S: OK
C: SEARCH BODY Welcome
[rev1] S: * SEARCH
[rev2] S: * ESEARCH (TAG $any)
S: OK
C: SEARCH TEXT Welcome
[rev1] S: * SEARCH 1
[rev2] S: * ESEARCH (TAG $any) ALL 1
S: OK
C: SEARCH BODY "a hoopoe – right"
[rev1] S: * SEARCH 2
[rev2] S: * ESEARCH (TAG $any) ALL 2
S: OK
C: SEARCH BODY VGhpcyBtb3
[rev1] S: * SEARCH
[rev2] S: * ESEARCH (TAG $any)
S: OK
C: SEARCH BODY "HOOPOE"
[rev1] S: * SEARCH 2
[rev2] S: * ESEARCH (TAG $any) ALL 2
S: OK
C: SEARCH BODY "Köln"
[rev1] S: * SEARCH 3
[rev2] S: * ESEARCH (TAG $any) ALL 3
S: OK
C: SEARCH BODY "日本語"
[rev1] S: * SEARCH 3
[rev2] S: * ESEARCH (TAG $any) ALL 3
S: OK
C: SEARCH BODY "山田"
[rev1] S: * SEARCH 4
[rev2] S: * ESEARCH (TAG $any) ALL 4
S: OK
C: SEARCH TEXT "budget"
[rev1] S: * SEARCH 5
[rev2] S: * ESEARCH (TAG $any) ALL 5
S: OK
C: SEARCH TEXT "minutes.csv"
[rev1] S: * SEARCH 5
[rev2] S: * ESEARCH (TAG $any) ALL 5
S: OK
C: SEARCH BODY "minutes.csv"
[rev1] S: * SEARCH
[rev2] S: * ESEARCH (TAG $any)
S: OK
C: SEARCH TEXT "anna@example.org"
[rev1] S: * SEARCH 1 3 4 5 6
[rev2] S: * ESEARCH (TAG $any) ALL 1,3:6
S: OK
C: SEARCH BODY ""
[rev1] S: * SEARCH 1 2 3 4 5 6
[rev2] S: * ESEARCH (TAG $any) ALL 1:6
S: OK
C: SEARCH TEXT ""
[rev1] S: * SEARCH 1 2 3 4 5 6
[rev2] S: * ESEARCH (TAG $any) ALL 1:6
S: OK
C: SEARCH TEXT "no such text"
[rev1] S: * SEARCH
[rev2] S: * ESEARCH (TAG $any)
S: OK

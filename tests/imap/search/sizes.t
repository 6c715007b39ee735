# LARGER and SMALLER leave out the size itself (RFC 9051 section 6.4.4).
@ mailbox INBOX plain.eml (\Seen \Answered) "01-Feb-2024 10:00:00 +0000"
@ mailbox INBOX list.eml (\Flagged $Forwarded) "02-Feb-2024 00:30:00 +0200"
@ mailbox INBOX utf8_body.eml (\Seen Work) "02-Feb-2024 23:59:59 -0500"
@ mailbox INBOX encoded_words.eml () "03-Feb-2024 12:00:00 +0000"
@ mailbox INBOX attachments.eml (\Deleted) "03-Feb-2024 12:00:00 +0000"
@ mailbox INBOX draft.eml (\Draft Work)

C: SELECT INBOX
S: ...
S: OK
C: SEARCH LARGER 345
[rev1] S: * SEARCH 2 3 4 5
[rev2] S: * ESEARCH (TAG $any) ALL 2:5
S: OK
C: SEARCH LARGER 344
[rev1] S: * SEARCH 1 2 3 4 5
[rev2] S: * ESEARCH (TAG $any) ALL 1:5
S: OK
C: SEARCH SMALLER 345
[rev1] S: * SEARCH 6
[rev2] S: * ESEARCH (TAG $any) ALL 6
S: OK
C: SEARCH SMALLER 346
[rev1] S: * SEARCH 1 6
[rev2] S: * ESEARCH (TAG $any) ALL 1,6
S: OK
C: SEARCH LARGER 0
[rev1] S: * SEARCH 1 2 3 4 5 6
[rev2] S: * ESEARCH (TAG $any) ALL 1:6
S: OK
C: SEARCH SMALLER 0
[rev1] S: * SEARCH
[rev2] S: * ESEARCH (TAG $any)
S: OK
C: SEARCH LARGER 4294967295
[rev1] S: * SEARCH
[rev2] S: * ESEARCH (TAG $any)
S: OK
C: SEARCH SMALLER x
S: BAD
C: SEARCH LARGER -1
S: BAD

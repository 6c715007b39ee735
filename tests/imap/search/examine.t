# SEARCH in a mailbox that was opened by EXAMINE (RFC 9051 section 6.3.3).
@ mailbox INBOX plain.eml (\Seen \Answered) "01-Feb-2024 10:00:00 +0000"
@ mailbox INBOX list.eml (\Flagged $Forwarded) "02-Feb-2024 00:30:00 +0200"
@ mailbox INBOX utf8_body.eml (\Seen Work) "02-Feb-2024 23:59:59 -0500"
@ mailbox INBOX encoded_words.eml () "03-Feb-2024 12:00:00 +0000"
@ mailbox INBOX attachments.eml (\Deleted) "03-Feb-2024 12:00:00 +0000"
@ mailbox INBOX draft.eml (\Draft Work)

C: EXAMINE INBOX
S: ...
S: OK
C: SEARCH TEXT Welcome
[rev1] S: * SEARCH 1
[rev2] S: * ESEARCH (TAG $any) ALL 1
S: OK
C: SEARCH UNSEEN
[rev1] S: * SEARCH 2 4 5 6
[rev2] S: * ESEARCH (TAG $any) ALL 2,4:6
S: OK

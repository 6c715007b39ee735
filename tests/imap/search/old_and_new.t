# NEW, OLD and RECENT of rev1 (RFC 3501 section 6.4.4).
@ rev rev1
@ mailbox INBOX plain.eml (\Seen \Answered) "01-Feb-2024 10:00:00 +0000"
@ mailbox INBOX list.eml (\Flagged $Forwarded) "02-Feb-2024 00:30:00 +0200"
@ mailbox INBOX utf8_body.eml (\Seen Work) "02-Feb-2024 23:59:59 -0500"
@ mailbox INBOX encoded_words.eml () "03-Feb-2024 12:00:00 +0000"
@ mailbox INBOX attachments.eml (\Deleted) "03-Feb-2024 12:00:00 +0000"
@ mailbox INBOX draft.eml (\Draft Work)

C: SELECT INBOX
S: ...
S: OK
C: SEARCH RECENT
S: * SEARCH 1 2 3 4 5 6
S: OK
C: SEARCH OLD
S: * SEARCH
S: OK
C: SEARCH NEW
S: * SEARCH 2 4 5 6
S: OK
C: SEARCH NOT RECENT
S: * SEARCH
S: OK

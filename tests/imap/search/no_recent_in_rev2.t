# RFC 9051 took NEW, OLD and RECENT out (appendix E).
@ rev rev2
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
S: BAD
C: SEARCH OLD
S: BAD
C: SEARCH NEW
S: BAD

# Keys for flags and keywords (RFC 9051 section 6.4.4).
@ mailbox INBOX plain.eml (\Seen \Answered) "01-Feb-2024 10:00:00 +0000"
@ mailbox INBOX list.eml (\Flagged $Forwarded) "02-Feb-2024 00:30:00 +0200"
@ mailbox INBOX utf8_body.eml (\Seen Work) "02-Feb-2024 23:59:59 -0500"
@ mailbox INBOX encoded_words.eml () "03-Feb-2024 12:00:00 +0000"
@ mailbox INBOX attachments.eml (\Deleted) "03-Feb-2024 12:00:00 +0000"
@ mailbox INBOX draft.eml (\Draft Work)

C: SELECT INBOX
S: ...
S: OK
C: SEARCH ALL
[rev1] S: * SEARCH 1 2 3 4 5 6
[rev2] S: * ESEARCH (TAG $any) ALL 1:6
S: OK
C: SEARCH all
[rev1] S: * SEARCH 1 2 3 4 5 6
[rev2] S: * ESEARCH (TAG $any) ALL 1:6
S: OK
C: SEARCH SEEN
[rev1] S: * SEARCH 1 3
[rev2] S: * ESEARCH (TAG $any) ALL 1,3
S: OK
C: SEARCH UNSEEN
[rev1] S: * SEARCH 2 4 5 6
[rev2] S: * ESEARCH (TAG $any) ALL 2,4:6
S: OK
C: SEARCH ANSWERED
[rev1] S: * SEARCH 1
[rev2] S: * ESEARCH (TAG $any) ALL 1
S: OK
C: SEARCH UNANSWERED
[rev1] S: * SEARCH 2 3 4 5 6
[rev2] S: * ESEARCH (TAG $any) ALL 2:6
S: OK
C: SEARCH FLAGGED
[rev1] S: * SEARCH 2
[rev2] S: * ESEARCH (TAG $any) ALL 2
S: OK
C: SEARCH UNFLAGGED
[rev1] S: * SEARCH 1 3 4 5 6
[rev2] S: * ESEARCH (TAG $any) ALL 1,3:6
S: OK
C: SEARCH DELETED
[rev1] S: * SEARCH 5
[rev2] S: * ESEARCH (TAG $any) ALL 5
S: OK
C: SEARCH UNDELETED
[rev1] S: * SEARCH 1 2 3 4 6
[rev2] S: * ESEARCH (TAG $any) ALL 1:4,6
S: OK
C: SEARCH DRAFT
[rev1] S: * SEARCH 6
[rev2] S: * ESEARCH (TAG $any) ALL 6
S: OK
C: SEARCH UNDRAFT
[rev1] S: * SEARCH 1 2 3 4 5
[rev2] S: * ESEARCH (TAG $any) ALL 1:5
S: OK
C: SEARCH KEYWORD Work
[rev1] S: * SEARCH 3 6
[rev2] S: * ESEARCH (TAG $any) ALL 3,6
S: OK
C: SEARCH KEYWORD work
[rev1] S: * SEARCH 3 6
[rev2] S: * ESEARCH (TAG $any) ALL 3,6
S: OK
C: SEARCH UNKEYWORD WORK
[rev1] S: * SEARCH 1 2 4 5
[rev2] S: * ESEARCH (TAG $any) ALL 1:2,4:5
S: OK
C: SEARCH KEYWORD $Forwarded
[rev1] S: * SEARCH 2
[rev2] S: * ESEARCH (TAG $any) ALL 2
S: OK
C: SEARCH KEYWORD Unknown
[rev1] S: * SEARCH
[rev2] S: * ESEARCH (TAG $any)
S: OK
C: SEARCH UNKEYWORD Unknown
[rev1] S: * SEARCH 1 2 3 4 5 6
[rev2] S: * ESEARCH (TAG $any) ALL 1:6
S: OK
C: SEARCH SEEN ANSWERED
[rev1] S: * SEARCH 1
[rev2] S: * ESEARCH (TAG $any) ALL 1
S: OK
C: SEARCH SEEN UNSEEN
[rev1] S: * SEARCH
[rev2] S: * ESEARCH (TAG $any)
S: OK

# AND, OR, NOT, parentheses at any depth; sets of numbers and UIDs (RFC 9051 section 6.4.4).
@ mailbox INBOX plain.eml (\Seen \Answered) "01-Feb-2024 10:00:00 +0000"
@ mailbox INBOX list.eml (\Flagged $Forwarded) "02-Feb-2024 00:30:00 +0200"
@ mailbox INBOX utf8_body.eml (\Seen Work) "02-Feb-2024 23:59:59 -0500"
@ mailbox INBOX encoded_words.eml () "03-Feb-2024 12:00:00 +0000"
@ mailbox INBOX attachments.eml (\Deleted) "03-Feb-2024 12:00:00 +0000"
@ mailbox INBOX draft.eml (\Draft Work)

C: SELECT INBOX
S: ...
S: OK
C: SEARCH 1:3
[rev1] S: * SEARCH 1 2 3
[rev2] S: * ESEARCH (TAG $any) ALL 1:3
S: OK
C: SEARCH 2,4:5,*
[rev1] S: * SEARCH 2 4 5 6
[rev2] S: * ESEARCH (TAG $any) ALL 2,4:6
S: OK
C: SEARCH 5:* UNDELETED
[rev1] S: * SEARCH 6
[rev2] S: * ESEARCH (TAG $any) ALL 6
S: OK
C: SEARCH UID 1:3
[rev1] S: * SEARCH 1 2 3
[rev2] S: * ESEARCH (TAG $any) ALL 1:3
S: OK
C: SEARCH UID 5:*
[rev1] S: * SEARCH 5 6
[rev2] S: * ESEARCH (TAG $any) ALL 5:6
S: OK
C: SEARCH UID 100:*
[rev1] S: * SEARCH 6
[rev2] S: * ESEARCH (TAG $any) ALL 6
S: OK
C: SEARCH UID 100
[rev1] S: * SEARCH
[rev2] S: * ESEARCH (TAG $any)
S: OK
C: SEARCH NOT 1:3
[rev1] S: * SEARCH 4 5 6
[rev2] S: * ESEARCH (TAG $any) ALL 4:6
S: OK
C: SEARCH OR SEEN DELETED
[rev1] S: * SEARCH 1 3 5
[rev2] S: * ESEARCH (TAG $any) ALL 1,3,5
S: OK
C: SEARCH OR (SEEN ANSWERED) (DRAFT KEYWORD Work)
[rev1] S: * SEARCH 1 6
[rev2] S: * ESEARCH (TAG $any) ALL 1,6
S: OK
C: SEARCH NOT OR SEEN DELETED
[rev1] S: * SEARCH 2 4 6
[rev2] S: * ESEARCH (TAG $any) ALL 2,4,6
S: OK
C: SEARCH NOT NOT SEEN
[rev1] S: * SEARCH 1 3
[rev2] S: * ESEARCH (TAG $any) ALL 1,3
S: OK
C: SEARCH OR OR SEEN FLAGGED DELETED
[rev1] S: * SEARCH 1 2 3 5
[rev2] S: * ESEARCH (TAG $any) ALL 1:3,5
S: OK
C: SEARCH OR SEEN OR FLAGGED DELETED
[rev1] S: * SEARCH 1 2 3 5
[rev2] S: * ESEARCH (TAG $any) ALL 1:3,5
S: OK
C: SEARCH NOT (SEEN ANSWERED)
[rev1] S: * SEARCH 2 3 4 5 6
[rev2] S: * ESEARCH (TAG $any) ALL 2:6
S: OK
C: SEARCH ((((SEEN))))
[rev1] S: * SEARCH 1 3
[rev2] S: * ESEARCH (TAG $any) ALL 1,3
S: OK
C: SEARCH (OR (NOT SEEN) (ANSWERED)) NOT (DELETED)
[rev1] S: * SEARCH 1 2 4 6
[rev2] S: * ESEARCH (TAG $any) ALL 1:2,4,6
S: OK
C: SEARCH NOT NOT NOT ALL
[rev1] S: * SEARCH
[rev2] S: * ESEARCH (TAG $any)
S: OK
C: SEARCH OR 1 UID 6 NOT 1
[rev1] S: * SEARCH 6
[rev2] S: * ESEARCH (TAG $any) ALL 6
S: OK
C: SEARCH SUBJECT welcome OR TO anna BODY x 1
[rev1] S: * SEARCH 1
[rev2] S: * ESEARCH (TAG $any) ALL 1
S: OK

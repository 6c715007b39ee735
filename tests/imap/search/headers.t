# BCC, CC, FROM, SUBJECT, TO and HEADER find text in decoded fields, without regard to case (RFC 9051 section 6.4.4).
@ mailbox INBOX plain.eml (\Seen \Answered) "01-Feb-2024 10:00:00 +0000"
@ mailbox INBOX list.eml (\Flagged $Forwarded) "02-Feb-2024 00:30:00 +0200"
@ mailbox INBOX utf8_body.eml (\Seen Work) "02-Feb-2024 23:59:59 -0500"
@ mailbox INBOX encoded_words.eml () "03-Feb-2024 12:00:00 +0000"
@ mailbox INBOX attachments.eml (\Deleted) "03-Feb-2024 12:00:00 +0000"
@ mailbox INBOX draft.eml (\Draft Work)

C: SELECT INBOX
S: ...
S: OK
C: SEARCH FROM carol
[rev1] S: * SEARCH 2
[rev2] S: * ESEARCH (TAG $any) ALL 2
S: OK
C: SEARCH FROM "CAROL VIA BIRDS"
[rev1] S: * SEARCH 2
[rev2] S: * ESEARCH (TAG $any) ALL 2
S: OK
C: SEARCH FROM lists.example.net
[rev1] S: * SEARCH 2
[rev2] S: * ESEARCH (TAG $any) ALL 2
S: OK
C: SEARCH TO anna
[rev1] S: * SEARCH 1 3 4 5
[rev2] S: * ESEARCH (TAG $any) ALL 1,3:5
S: OK
C: SEARCH CC office@example.com
[rev1] S: * SEARCH 5
[rev2] S: * ESEARCH (TAG $any) ALL 5
S: OK
C: SEARCH BCC carol
[rev1] S: * SEARCH 6
[rev2] S: * ESEARCH (TAG $any) ALL 6
S: OK
C: SEARCH SUBJECT hoopoe
[rev1] S: * SEARCH 2
[rev2] S: * ESEARCH (TAG $any) ALL 2
S: OK
C: SEARCH SUBJECT "a hoopoe in"
[rev1] S: * SEARCH 2
[rev2] S: * ESEARCH (TAG $any) ALL 2
S: OK
C: SEARCH SUBJECT nothing
[rev1] S: * SEARCH
[rev2] S: * ESEARCH (TAG $any)
S: OK
C: SEARCH SUBJECT ""
[rev1] S: * SEARCH 1 2 3 4 5 6
[rev2] S: * ESEARCH (TAG $any) ALL 1:6
S: OK
C: SEARCH BCC ""
[rev1] S: * SEARCH 6
[rev2] S: * ESEARCH (TAG $any) ALL 6
S: OK
C: SEARCH HEADER Message-ID <birds.17@example.net>
[rev1] S: * SEARCH 2
[rev2] S: * ESEARCH (TAG $any) ALL 2
S: OK
C: SEARCH HEADER Message-ID "<draft.20@example.org>"
[rev1] S: * SEARCH 6
[rev2] S: * ESEARCH (TAG $any) ALL 6
S: OK
C: SEARCH HEADER list-id birds
[rev1] S: * SEARCH 2
[rev2] S: * ESEARCH (TAG $any) ALL 2
S: OK
C: SEARCH HEADER List-Id ""
[rev1] S: * SEARCH 2
[rev2] S: * ESEARCH (TAG $any) ALL 2
S: OK
C: SEARCH HEADER X-None ""
[rev1] S: * SEARCH
[rev2] S: * ESEARCH (TAG $any)
S: OK
C: SEARCH HEADER Subject welcome
[rev1] S: * SEARCH 1
[rev2] S: * ESEARCH (TAG $any) ALL 1
S: OK
C: SEARCH HEADER Content-Type multipart/mixed
[rev1] S: * SEARCH 5
[rev2] S: * ESEARCH (TAG $any) ALL 5
S: OK
C: SEARCH HEADER Subject
S: BAD
C: SEARCH FROM
S: BAD
C: SEARCH SUBJECT (a)
S: BAD

# Keys for the internal date take the date as the message has it, without time and zone; SENT... that of the Date field
# (RFC 9051 section 6.4.4).
@ mailbox INBOX plain.eml (\Seen \Answered) "01-Feb-2024 10:00:00 +0000"
@ mailbox INBOX list.eml (\Flagged $Forwarded) "02-Feb-2024 00:30:00 +0200"
@ mailbox INBOX utf8_body.eml (\Seen Work) "02-Feb-2024 23:59:59 -0500"
@ mailbox INBOX encoded_words.eml () "03-Feb-2024 12:00:00 +0000"
@ mailbox INBOX attachments.eml (\Deleted) "03-Feb-2024 12:00:00 +0000"
@ mailbox INBOX draft.eml (\Draft Work)

C: SELECT INBOX
S: ...
S: OK
C: SEARCH ON 2-Feb-2024
[rev1] S: * SEARCH 2 3
[rev2] S: * ESEARCH (TAG $any) ALL 2:3
S: OK
C: SEARCH ON "02-Feb-2024"
[rev1] S: * SEARCH 2 3
[rev2] S: * ESEARCH (TAG $any) ALL 2:3
S: OK
C: SEARCH BEFORE 2-feb-2024
[rev1] S: * SEARCH 1
[rev2] S: * ESEARCH (TAG $any) ALL 1
S: OK
C: SEARCH SINCE 2-Feb-2024 BEFORE 4-Feb-2024
[rev1] S: * SEARCH 2 3 4 5
[rev2] S: * ESEARCH (TAG $any) ALL 2:5
S: OK
C: SEARCH SINCE 3-Feb-2024
[rev1] S: * SEARCH 4 5 6
[rev2] S: * ESEARCH (TAG $any) ALL 4:6
S: OK
C: SEARCH SENTON 4-Mar-2024
[rev1] S: * SEARCH 1
[rev2] S: * ESEARCH (TAG $any) ALL 1
S: OK
C: SEARCH SENTBEFORE 6-Mar-2024
[rev1] S: * SEARCH 1
[rev2] S: * ESEARCH (TAG $any) ALL 1
S: OK
C: SEARCH SENTSINCE 11-Mar-2024
[rev1] S: * SEARCH 2 6
[rev2] S: * ESEARCH (TAG $any) ALL 2,6
S: OK
C: SEARCH SENTON 8-Mar-2024
[rev1] S: * SEARCH 3 4
[rev2] S: * ESEARCH (TAG $any) ALL 3:4
S: OK
C: SEARCH NOT SENTSINCE 8-Mar-2024
[rev1] S: * SEARCH 1 5
[rev2] S: * ESEARCH (TAG $any) ALL 1,5
S: OK
C: SEARCH ON 30-Feb-2024
S: BAD
C: SEARCH ON 2024-02-02
S: BAD
C: SEARCH ON 2-Feb-24
S: BAD
C: SEARCH SINCE
S: BAD
C: SEARCH ON
S: BAD

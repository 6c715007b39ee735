# What is wrong is said with its place, and nothing is searched (issue 2, bad input).
@ mailbox INBOX plain.eml (\Seen \Answered) "01-Feb-2024 10:00:00 +0000"
@ mailbox INBOX list.eml (\Flagged $Forwarded) "02-Feb-2024 00:30:00 +0200"
@ mailbox INBOX utf8_body.eml (\Seen Work) "02-Feb-2024 23:59:59 -0500"
@ mailbox INBOX encoded_words.eml () "03-Feb-2024 12:00:00 +0000"
@ mailbox INBOX attachments.eml (\Deleted) "03-Feb-2024 12:00:00 +0000"
@ mailbox INBOX draft.eml (\Draft Work)

C: SELECT INBOX
S: ...
S: OK
C: SEARCH 
S: BAD {{.*}}expected $any
C: SEARCH FOO
S: BAD {{.*}}expected a search key at position $nz, found "FOO"
C: SEARCH SEEN )
S: BAD {{.*}}position $any
C: SEARCH (SEEN
S: BAD {{.*}}a space or ) at position $any
C: SEARCH ()
S: BAD
C: SEARCH OR SEEN
S: BAD
C: SEARCH NOT
S: BAD
C: SEARCH OR
S: BAD
C: SEARCH SEEN,
S: BAD
C: SEARCH 0
S: BAD
C: SEARCH UID 0
S: BAD
C: SEARCH UID
S: BAD
C: SEARCH SEEN  FLAGGED
S: BAD
C: SEARCH CHARSET
S: BAD
C: SEARCH CHARSET UTF-8
S: BAD
C: SEARCH RETURN (FOO) ALL
S: BAD {{.*}}a return option at position $nz, found "FOO) ALL"
C: SEARCH RETURN ALL ALL
S: BAD
C: SEARCH RETURN (MIN
S: BAD
C: SEARCH RETURN (MIN)
S: BAD
C: SEARCH KEYWORD \Seen
S: BAD
C: SEARCH TEXT "a\q"
S: BAD
C: SEARCH ALL RETURN (MIN)
S: BAD
C: SEARCH SUBJECT a CHARSET UTF-8
S: BAD

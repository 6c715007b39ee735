# REPLACE in the selected mailbox: APPENDUID in an untagged OK before EXPUNGE (RFC 8508 section 4.3), flags and date as with APPEND (3.2), only
# the one message is removed although another has \Deleted (3.4), and the tagged line comes last, without a code.
@ mailbox INBOX plain.eml (\Seen)
@ mailbox INBOX draft.eml (\Draft)
@ mailbox INBOX list.eml (\Deleted)
C: SELECT INBOX
S: ...
S: OK
C: REPLACE 2 INBOX (\Seen \Draft $Work) "01-Feb-2004 10:00:00 +0300" <<
> Subject: happy new year !!
>
> text
S: * OK [APPENDUID $nz 4] $text
S: ...
S: * 2 EXPUNGE
S: ...
S: OK $text
C: NOOP
S: ...
S: OK
C: FETCH 1:* (UID FLAGS INTERNALDATE)
S: * 1 FETCH $items(UID 1, FLAGS $has(\Seen), INTERNALDATE $any)
S: * 2 FETCH $items(UID 3, FLAGS $has(\Deleted), INTERNALDATE $any)
S: * 3 FETCH $items(UID 4, FLAGS $has(\Seen \Draft $Work), INTERNALDATE " 1-Feb-2004 10:00:00 +0300")
S: OK
C: FETCH 3 BODY.PEEK[]
S: * 3 FETCH (BODY[] $str"Subject: happy new year !!\r\n\r\ntext\r\n")
S: OK

# UID REPLACE (RFC 8508 section 3.3): by UID, or "*" for the last; again and again, as who writes a draft does.
@ mailbox INBOX 2
C: SELECT INBOX
S: ...
S: OK
C: UID REPLACE 1 INBOX (\Draft) $lit+"Subject: a\r\n\r\nfirst"
S: * OK [APPENDUID $nz 3] $text
S: ...
S: * 1 EXPUNGE
S: ...
S: OK
C: NOOP
S: ...
S: OK
C: uid replace 3 inbox $lit"Subject: a\r\n\r\nsecond"
S: * OK [APPENDUID $nz 4] $text
S: ...
S: * 2 EXPUNGE
S: ...
S: OK
C: NOOP
S: ...
S: OK
C: UID REPLACE * "INBOX" () $lit"Subject: a\r\n\r\nthird"
S: * OK [APPENDUID $nz 5] $text
S: ...
S: * 2 EXPUNGE
S: ...
S: OK
C: NOOP
S: ...
S: OK
C: FETCH 1:* (UID BODY.PEEK[TEXT])
S: * 1 FETCH $items(UID 2, BODY[TEXT] $any)
S: * 2 FETCH $items(UID 5, BODY[TEXT] $str"third")
S: OK
C: REPLACE 2 $lit"INBOX" $lit8"Subject: a\r\n\r\nfourth"
S: * OK [APPENDUID $nz 6] $text
S: ...
S: OK

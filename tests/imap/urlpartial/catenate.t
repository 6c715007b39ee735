# ;PARTIAL in CATENATE: a range of a message or of a section; beyond the end there is nothing (RFC 5550 section 5.7.1, RFC 5092 section 11 partial-range).
@ needs URL-PARTIAL
@ mailbox INBOX
C: APPEND INBOX $lit"Subject: digits\r\n\r\n0123456789\r\n"
S: OK [APPENDUID $nz 1]
C: APPEND INBOX CATENATE (URL "/INBOX/;UID=1/;PARTIAL=0.19" URL "/INBOX/;UID=1/;SECTION=TEXT/;PARTIAL=3.4" URL "/INBOX/;UID=1/;SECTION=1/;PARTIAL=8" URL "/INBOX/;UID=1/;PARTIAL=1000" URL "/INBOX/;UID=1/;SECTION=TEXT/;PARTIAL=9.5000")
S: OK [APPENDUID $nz 2]
C: EXAMINE INBOX
S: ...
S: OK
C: FETCH 2 BODY.PEEK[]
S: * 2 FETCH (BODY[] $str"Subject: digits\r\n\r\n345689\r\n9\r\n")
S: OK
C: APPEND INBOX CATENATE (URL "/INBOX/;UID=1/;PARTIAL=0.0")
S: NO [BADURL /INBOX/;UID=1/;PARTIAL=0.0] $any

# International mail is refused with [UTF8] without UTF8, and given as it is with it (RFC 6856 sections 2.1 and 5).
imap C: APPEND INBOX $lit"Subject: gr\xc3\xbc\xc3\x9fe\r\n\r\ntext\r\n"
imap S: OK
imap C: APPEND INBOX $lit"Subject: old \xff damage\r\n\r\ntext\r\n"
imap S: OK
imap C: LOGOUT
imap S: ...
imap S: OK
C: RETR 1
S: -ERR [UTF8]
C: TOP 1 0
S: -ERR [UTF8]
C: LIST
S: +OK
S: 1 26
S: 2 31
S: .
C: RETR 2
S: +OK
S: {{Subject: old . damage}}
S: {{}}
S: text
S: .
u CONNECT
u S: +OK
u C: UTF8
u S: +OK
u C: STLS
u S: -ERR
u C: USER ${user}
u S: +OK
u C: PASS ${password}
u S: +OK
u C: RETR 1
u S: +OK
u S: Subject: grüße
u S: {{}}
u S: text
u S: .

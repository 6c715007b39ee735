# International mail goes out as a surrogate without UTF8 (RFC 6856 section 2.1, RFC 6858), and as it is with it; other 8-bit octets always do.
imap C: APPEND INBOX $lit"From: J\xc3\xb6rg \"J\xc3\xb6\" <a@example.org>\r\nTo: \xc3\xbc@example.org, Plain <b@example.org>\r\nX-Odd: \xc3\xbc\r\nSubject: gr\xc3\xbc\xc3\x9fe\r\nDate: x\r\n\r\n\xc3\xbc text\r\n"
imap S: OK
imap C: APPEND INBOX $lit"Subject: old \xff damage\r\n\r\ntext\r\n"
imap S: OK
imap C: LOGOUT
imap S: ...
imap S: OK
C: RETR 1
S: +OK
S: From: =?utf-8?Q?J=C3=B6rg_J=C3=B6?= <a@example.org>
S: To: =?utf-8?Q?=C3=BC=40example=2Eorg?= <invalid@internationalized-address.invalid>,
S:  "Plain" <b@example.org>
S: Subject: =?utf-8?Q?gr=C3=BC=C3=9Fe?=
S: Date: x
S: {{}}
S: ü text
S: .
C: TOP 1 0
S: +OK
S: ...
S: Date: x
S: {{}}
S: .
C: RETR 2
S: +OK 31 octets
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
u S: ...
u S: Subject: grüße
u S: Date: x
u S: {{}}
u S: ü text
u S: .

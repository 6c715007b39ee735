# A header with UTF-8 needs UTF8=ACCEPT or IMAP4rev2, whether the client sends it or a URL brings it (RFC 9755 section 4).
@ needs CATENATE
@ rev both
@ mailbox INBOX
b C: ENABLE UTF8=ACCEPT
b S: ...
b S: OK
b C: APPEND INBOX $lit8"Subject: h\xc3\xa9\r\n\r\nx\r\n"
b S: OK
C: APPEND INBOX CATENATE (URL "/INBOX/;UID=1")
[rev1] S: NO [CANNOT] $any
[rev2] S: OK

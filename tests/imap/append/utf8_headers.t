# A header with UTF-8 in it needs IMAP4rev2 or UTF8=ACCEPT; octets that are no UTF-8 are old damage and come in (RFC 9755 section 4).
@ mailbox INBOX

[rev1] C: APPEND INBOX $file(raw_utf8_headers.eml)
[rev1] S: NO {{.*}}UTF8=ACCEPT{{.*}}
[rev1] C: APPEND INBOX $file+(raw_utf8_headers.eml)
[rev1] S: NO {{.*}}UTF8=ACCEPT{{.*}}
[rev1] C: ENABLE UTF8=ACCEPT
[rev1] S: * ENABLED UTF8=ACCEPT
[rev1] S: OK
C: APPEND INBOX $file(raw_utf8_headers.eml)
S: OK [APPENDUID $nz $nz]
C: APPEND INBOX $file(latin1_headers.eml)
S: OK [APPENDUID $nz $nz]
C: APPEND INBOX $file(utf8_body.eml)
S: OK [APPENDUID $nz $nz]

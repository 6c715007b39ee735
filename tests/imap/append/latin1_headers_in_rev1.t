# Old mail with 8-bit headers comes in from any client (users.md section 4), and mail with 8-bit bodies anyway.
@ mailbox INBOX

C: APPEND INBOX $file(latin1_headers.eml)
S: OK [APPENDUID $nz $nz]
C: APPEND INBOX $file(gbk_headers.eml)
S: OK [APPENDUID $nz $nz]
C: APPEND INBOX $file(utf8_body.eml)
S: OK [APPENDUID $nz $nz]

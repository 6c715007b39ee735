# Octets are copied as they are, with NUL and 8 bit, without decoding; texts may be literal8, and stand in UTF8 (...) (RFC 4469 section 3, RFC 6855 section 4).
@ needs CATENATE BINARY
@ mailbox INBOX
C: APPEND INBOX $lit8"Subject: nul\r\nContent-Transfer-Encoding: binary\r\n\r\na\0b\xffc\r\n"
S: OK [APPENDUID $nz 1]
C: APPEND INBOX CATENATE (URL "/INBOX/;UID=1/;SECTION=HEADER" TEXT $lit8"x\0y" URL "/INBOX/;UID=1/;SECTION=TEXT" UTF8 ($lit8+"\xc3\xa9\r\n"))
S: OK [APPENDUID $nz 2]
C: EXAMINE INBOX
S: ...
S: OK
C: FETCH 2 BINARY.PEEK[1]
S: * 2 FETCH (BINARY[1] $lit8"x\0ya\0b\xffc\r\n\xc3\xa9\r\n")
S: OK

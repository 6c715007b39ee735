# literal8 with NUL octets (RFC 3516 section 4.4).
@ needs BINARY
@ mailbox INBOX

C: APPEND INBOX (\Seen) $lit8"Subject: nul\r\nContent-Transfer-Encoding: binary\r\n\r\na\0b\r\n"
S: OK [APPENDUID $nz 1]
C: APPEND INBOX $lit8+"Subject: nul\r\n\r\nc\0d\r\n"
S: OK [APPENDUID $nz 2]
C: EXAMINE INBOX
S: ...
S: OK
C: FETCH 1 BINARY[1]
S: * 1 FETCH (BINARY[1] $lit8"a\0b\r\n")
S: OK
C: FETCH 1 BINARY.SIZE[1]
S: * 1 FETCH (BINARY.SIZE[1] 5)
S: OK
C: FETCH 2 BODY[TEXT]
S: * 2 FETCH (BODY[TEXT] $str"c\x80d\r\n")
S: OK

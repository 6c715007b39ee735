# The UTF8 data item of RFC 6855 section 4 is still sent, though RFC 9755 has dropped it.
@ grammar off
@ mailbox INBOX
C: ENABLE UTF8=ACCEPT
S: * ENABLED UTF8=ACCEPT
S: OK
C: APPEND INBOX (\Seen) UTF8 ($lit8"Subject: \xc3\xbc\r\n\r\none\r\n")
S: OK [APPENDUID $nz 1]
C: APPEND INBOX UTF8 ($lit8"Subject: a\r\n\r\ntwo\r\n") UTF8 ($lit"Subject: b\r\n\r\nthree\r\n") $lit"Subject: c\r\n\r\nfour\r\n"
S: OK [APPENDUID $nz 2:4]
C: APPEND INBOX UTF8 ($lit8"Subject: a\r\n\r\ntwo\r\n"
S: BAD
C: STATUS INBOX (MESSAGES)
S: * STATUS INBOX (MESSAGES 4)
S: OK

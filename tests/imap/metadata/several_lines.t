# A value may have several lines, in a literal (RFC 5464 section 3.2 and the example in 4.3).
C: SETMETADATA INBOX (/private/comment $lit"My new comment across\r\ntwo lines.\r\n")
S: OK
C: GETMETADATA INBOX /private/comment
S: * METADATA INBOX (/private/comment $str"My new comment across\r\ntwo lines.\r\n")
S: OK

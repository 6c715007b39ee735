# A value of any octets comes and goes in a literal8; other octets beyond ASCII in a literal (RFC 5464 section 5: value).
C: SETMETADATA INBOX (/private/vendor/x/a $lit8"a\0b\xff" /private/vendor/x/b $lit"\xff\xfe")
S: OK
C: GETMETADATA INBOX (/private/vendor/x/a /private/vendor/x/b)
S: * METADATA INBOX (/private/vendor/x/a $lit8"a\0b\xff" /private/vendor/x/b $lit"\xff\xfe")
S: OK

# Names of header fields may come as literals (RFC 9051 section 9, header-list).
@ mailbox INBOX 1

C: SELECT INBOX
S: ...
S: OK
C: FETCH 1 (BODY.PEEK[HEADER.FIELDS ($lit+"Subject" $lit"To")])
S: * 1 FETCH (BODY[HEADER.FIELDS ($str"Subject" $str"To")] $str"To: anna@example.org\r\nSubject: Message 1\r\n\r\n")
S: OK

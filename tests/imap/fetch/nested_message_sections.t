# Messages within messages: HEADER, TEXT and parts of part 2 and of part 2.2 (RFC 9051 section 6.4.5.1).
@ mailbox INBOX forwarded.eml

C: SELECT INBOX
S: ...
S: OK
C: FETCH 1 BODY.PEEK[2.HEADER.FIELDS (Subject)]
S: * 1 FETCH (BODY[2.HEADER.FIELDS (Subject)] $str"Subject: the original\r\n\r\n")
S: OK
C: FETCH 1 BODY.PEEK[2.HEADER.FIELDS.NOT (Date From Sender Reply-To To Message-ID MIME-Version Content-Type)]
S: * 1 FETCH (BODY[2.HEADER.FIELDS.NOT ($any)] $str"Subject: the original\r\n\r\n")
S: OK
C: FETCH 1 BODY.PEEK[2.1]
S: * 1 FETCH (BODY[2.1] $str"words")
S: OK
C: FETCH 1 BODY.PEEK[2.2]
S: * 1 FETCH (BODY[2.2] $str"Subject: innermost\r\nFrom: deep@example.net\r\n\r\nThe innermost text.")
S: OK
C: FETCH 1 BODY.PEEK[2.2.HEADER]
S: * 1 FETCH (BODY[2.2.HEADER] $str"Subject: innermost\r\nFrom: deep@example.net\r\n\r\n")
S: OK
C: FETCH 1 BODY.PEEK[2.2.TEXT]
S: * 1 FETCH (BODY[2.2.TEXT] $str"The innermost text.")
S: OK
C: FETCH 1 BODY.PEEK[2.2.1]
S: * 1 FETCH (BODY[2.2.1] $str"The innermost text.")
S: OK
C: FETCH 1 BODY.PEEK[2.2.MIME]
S: * 1 FETCH (BODY[2.2.MIME] $str"Content-Type: message/rfc822\r\n\r\n")
S: OK
C: FETCH 1 BODY.PEEK[2.TEXT]<0.6>
S: * 1 FETCH (BODY[2.TEXT]<0> $str"--orig")
S: OK
C: FETCH 1 BODY.PEEK[2.MIME]
S: * 1 FETCH (BODY[2.MIME] $str"Content-Type: message/rfc822\r\nContent-Disposition: inline\r\n\r\n")
S: OK

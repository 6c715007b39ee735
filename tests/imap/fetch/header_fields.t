# HEADER.FIELDS gives the named fields in the order of the message, any case, with the empty line (RFC 9051 section 6.4.5.1).
@ mailbox INBOX 1

C: SELECT INBOX
S: ...
S: OK
C: FETCH 1 BODY.PEEK[HEADER.FIELDS (SUBJECT from X-None)]
S: * 1 FETCH (BODY[HEADER.FIELDS (SUBJECT from X-None)] $str"From: Sender 1 <sender1@example.org>\r\nSubject: Message 1\r\n\r\n")
S: OK
C: FETCH 1 BODY.PEEK[HEADER.FIELDS ("Subject")]
S: * 1 FETCH (BODY[HEADER.FIELDS ($str"Subject")] $str"Subject: Message 1\r\n\r\n")
S: OK
C: FETCH 1 BODY.PEEK[HEADER.FIELDS (X-None)]
S: * 1 FETCH (BODY[HEADER.FIELDS (X-None)] $str"\r\n")
S: OK
C: FETCH 1 BODY.PEEK[HEADER.FIELDS.NOT (Subject DATE message-id To)]
S: * 1 FETCH (BODY[HEADER.FIELDS.NOT (Subject DATE message-id To)] $str"From: Sender 1 <sender1@example.org>\r\n\r\n")
S: OK

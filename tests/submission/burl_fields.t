# BURL with header fields that lie in more places than are remembered: they are looked for again with each piece, by the names in the URL (RFC 4468 section 3.2).
@ mailbox INBOX
C: EHLO client.example.org
S: ...
S: 250 SIZE $any
imap C: APPEND INBOX $lit"A: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\nX: 1\r\n\r\n"
imap S: OK
imap C: APPEND INBOX CATENATE (URL "/INBOX/;UID=1/;PARTIAL=0.70" URL "/INBOX/;UID=1/;PARTIAL=0.70" URL "/INBOX/;UID=1/;PARTIAL=0.70" URL "/INBOX/;UID=1/;PARTIAL=0.70" URL "/INBOX/;UID=1/;PARTIAL=0.70" URL "/INBOX/;UID=1/;PARTIAL=0.70" URL "/INBOX/;UID=1/;PARTIAL=0.70" URL "/INBOX/;UID=1/;PARTIAL=0.70")
imap S: OK
imap C: APPEND INBOX CATENATE (URL "/INBOX/;UID=2/;PARTIAL=0.560" URL "/INBOX/;UID=2/;PARTIAL=0.560" URL "/INBOX/;UID=2/;PARTIAL=0.560" URL "/INBOX/;UID=2/;PARTIAL=0.560" URL "/INBOX/;UID=2/;PARTIAL=0.560" URL "/INBOX/;UID=2/;PARTIAL=0.560" URL "/INBOX/;UID=2/;PARTIAL=0.560" URL "/INBOX/;UID=2/;PARTIAL=0.560")
imap S: OK
imap C: APPEND INBOX CATENATE (URL "/INBOX/;UID=3/;PARTIAL=0.4480" URL "/INBOX/;UID=3/;PARTIAL=0.4480" URL "/INBOX/;UID=3/;PARTIAL=0.4480" URL "/INBOX/;UID=3/;PARTIAL=0.4480" URL "/INBOX/;UID=3/;PARTIAL=0.4480" URL "/INBOX/;UID=3/;PARTIAL=0.4480" URL "/INBOX/;UID=3/;PARTIAL=0.4480" URL "/INBOX/;UID=3/;PARTIAL=0.4480")
imap S: OK
imap C: APPEND INBOX CATENATE (URL "/INBOX/;UID=4/;PARTIAL=0.35840" URL "/INBOX/;UID=4/;PARTIAL=0.35840" URL "/INBOX/;UID=4/;PARTIAL=0.35840" URL "/INBOX/;UID=4/;PARTIAL=0.35840" URL "/INBOX/;UID=4/;PARTIAL=0.35840" URL "/INBOX/;UID=4/;PARTIAL=0.35840" URL "/INBOX/;UID=4/;PARTIAL=0.35840" URL "/INBOX/;UID=4/;PARTIAL=0.35840")
imap S: OK
imap C: APPEND INBOX CATENATE (URL "/INBOX/;UID=5" TEXT $lit+"\r\nx\r\n")
imap S: OK [APPENDUID $nz 6] $any
imap C: GENURLAUTH "imap://${user}@localhost/INBOX/;UID=6/;SECTION=HEADER.FIELDS%20%28A%29;URLAUTH=submit+${user}" INTERNAL
imap S: * GENURLAUTH {{"?}}${fields}{{"?}}
imap S: OK
C: MAIL FROM:<${user}@example.org>
S: 250
C: RCPT TO:<${user}@example.org>
S: 250
C: BURL ${fields} LAST
S: 250 2.0.0
imap C: SELECT INBOX
imap S: ...
imap S: OK
imap C: FETCH 7 (BODY.PEEK[HEADER.FIELDS (A)]<262080.100> BODY.PEEK[HEADER.FIELDS (X)])
imap S: * 7 FETCH (BODY[HEADER.FIELDS (A)]<262080> $lit"A: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n\r\n" BODY[HEADER.FIELDS (X)] $lit"\r\n")
imap S: OK
# A header of 2.3 MB is no matter of SMTP_COMMAND_MEMORY: it is too big for submission, which is for good.
imap C: APPEND INBOX CATENATE (URL "/INBOX/;UID=5/;PARTIAL=0.286720" URL "/INBOX/;UID=5/;PARTIAL=0.286720" URL "/INBOX/;UID=5/;PARTIAL=0.286720" URL "/INBOX/;UID=5/;PARTIAL=0.286720" URL "/INBOX/;UID=5/;PARTIAL=0.286720" URL "/INBOX/;UID=5/;PARTIAL=0.286720" URL "/INBOX/;UID=5/;PARTIAL=0.286720" URL "/INBOX/;UID=5/;PARTIAL=0.286720" TEXT $lit+"\r\nx\r\n")
imap S: ...
imap S: OK [APPENDUID $nz 8] $any
imap C: GENURLAUTH "imap://${user}@localhost/INBOX/;UID=8/;SECTION=HEADER.FIELDS%20%28A%29;URLAUTH=submit+${user}" INTERNAL
imap S: ...
imap S: * GENURLAUTH {{"?}}${large}{{"?}}
imap S: OK
C: MAIL FROM:<${user}@example.org>
S: 250
C: RCPT TO:<${user}@example.org>
S: 250
C: BURL ${large} LAST
S: 552

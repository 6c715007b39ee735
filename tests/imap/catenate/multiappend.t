# CATENATE stands beside literals in one APPEND, with flags and dates of its own (RFC 4469 section 3, RFC 3502); all or nothing.
@ needs CATENATE
@ mailbox INBOX plain.eml
C: APPEND INBOX (\Seen) CATENATE (URL "/INBOX/;UID=1") (\Flagged) $file(list.eml) CATENATE (TEXT $lit+"Subject: x\r\n\r\n" URL "/INBOX/;UID=1/;SECTION=TEXT") (\Draft) CATENATE (URL "/INBOX/;UID=1") CATENATE (URL "/INBOX/;UID=1")
S: OK [APPENDUID $nz 2:6]
C: APPEND INBOX CATENATE (URL "/INBOX/;UID=1") $lit"A: b\r\n\r\n" CATENATE (URL "/INBOX/;UID=99")
S: NO [BADURL /INBOX/;UID=99] $any
C: APPEND INBOX CATENATE (URL "/INBOX/;UID=1") $lit"A: b\r\n\r\n"
S: OK [APPENDUID $nz 7:8]
C: EXAMINE INBOX
S: ...
S: OK
C: FETCH 2:6 (FLAGS BODY.PEEK[])
S: * 2 FETCH (FLAGS $has(\Seen) BODY[] $file(plain.eml))
S: * 3 FETCH (FLAGS $has(\Flagged) BODY[] $file(list.eml))
S: * 4 FETCH (FLAGS ($any) BODY[] {{(?s:.*Subject: x.*)}})
S: * 5 FETCH (FLAGS $has(\Draft) BODY[] $file(plain.eml))
S: * 6 FETCH (FLAGS ($any) BODY[] $file(plain.eml))
S: OK

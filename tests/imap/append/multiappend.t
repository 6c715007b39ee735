# Several messages in one APPEND, each with flags and date of its own; APPENDUID has all UIDs (RFC 3502).
@ needs MULTIAPPEND
@ mailbox INBOX

C: SELECT INBOX
S: ...
S: OK
C: APPEND INBOX (\Seen) $file(plain.eml) (\Flagged) "17-Jul-1996 02:44:25 -0700" $file+(list.eml) $file(draft.eml)
S: * 3 EXISTS
[rev1] S: ...
S: OK [APPENDUID $nz 1:3]
C: FETCH 1:3 (FLAGS BODY.PEEK[])
S: * 1 FETCH (FLAGS $has(\Seen) BODY[] $file(plain.eml))
S: * 2 FETCH (FLAGS $has(\Flagged) BODY[] $file(list.eml))
S: * 3 FETCH (FLAGS ($any) BODY[] $file(draft.eml))
S: OK
C: FETCH 2 INTERNALDATE
S: * 2 FETCH (INTERNALDATE "17-Jul-1996 02:44:25 -0700")
S: OK

# APPEND with and without flags and date (RFC 9051 section 6.3.12); APPENDUID says where it is (section 7.1).
@ mailbox Other

C: APPEND Other $file(plain.eml)
S: OK [APPENDUID ${validity} 1]
C: APPEND Other (\Seen $Forwarded) $file(list.eml)
S: OK [APPENDUID ${validity} 2]
C: APPEND Other "17-Jul-1996 02:44:25 -0700" $file(draft.eml)
S: OK [APPENDUID ${validity} 3]
C: APPEND "Other" () " 1-Jan-2020 00:00:00 +0000" $file+(plain.eml)
S: OK [APPENDUID ${validity} 4]
C: APPEND $lit"Other" (\Draft \Flagged) "31-Dec-1999 23:59:59 +1400" $file8(plain.eml)
S: OK [APPENDUID ${validity} 5]
C: SELECT Other
S: ...
S: * OK [UIDVALIDITY ${validity}] $any
S: ...
S: OK
C: FETCH 1 BODY.PEEK[]
S: * 1 FETCH (BODY[] $file(plain.eml))
S: OK
C: FETCH 2 (FLAGS BODY.PEEK[])
S: * 2 FETCH (FLAGS $has(\Seen $Forwarded) BODY[] $file(list.eml))
S: OK
C: FETCH 3:5 INTERNALDATE
S: * 3 FETCH (INTERNALDATE "17-Jul-1996 02:44:25 -0700")
S: * 4 FETCH (INTERNALDATE " 1-Jan-2020 00:00:00 +0000")
S: * 5 FETCH (INTERNALDATE "31-Dec-1999 23:59:59 +1400")
S: OK
C: FETCH 5 FLAGS
[rev1] S: * 5 FETCH (FLAGS $set(\Draft \Flagged \Recent))
[rev2] S: * 5 FETCH (FLAGS $set(\Draft \Flagged))
S: OK

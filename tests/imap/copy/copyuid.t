# COPY gives COPYUID, keeps flags, keywords and internal date (RFC 9051 sections 6.4.7 and 7.1, RFC 4315 section 3).
@ mailbox INBOX plain.eml (\Seen Work) "01-Feb-2020 03:04:05 -0800"
@ mailbox INBOX list.eml
@ mailbox Other 1

C: SELECT INBOX
S: ...
S: OK
C: FETCH 1:2 UID
S: * 1 FETCH (UID ${one})
S: * 2 FETCH (UID ${two})
S: OK
C: COPY 1:2 Other
S: OK [COPYUID ${validity} ${one}:${two} ${first=[0-9]+}:${last=[0-9]+}]
C: SELECT Other
S: ...
S: * OK [UIDVALIDITY ${validity}] $any
S: ...
S: OK
C: UID FETCH ${first}:${last} (FLAGS INTERNALDATE BODY.PEEK[])
S: * 2 FETCH (UID ${first} FLAGS $has(\Seen Work) INTERNALDATE " 1-Feb-2020 03:04:05 -0800" BODY[] $file(plain.eml))
S: * 3 FETCH (UID ${last} FLAGS ($any) INTERNALDATE $any BODY[] $file(list.eml))
S: OK

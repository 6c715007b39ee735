# CHARSET as an atom or quoted: UTF-8, US-ASCII and others; strings are converted (RFC 9051 section 6.4.4).
@ mailbox INBOX utf8_body.eml
@ mailbox INBOX plain.eml
@ mailbox INBOX latin1_headers.eml

C: SELECT INBOX
S: ...
S: OK
C: SEARCH CHARSET UTF-8 BODY "Köln"
[rev1] S: * SEARCH 1
[rev2] S: * ESEARCH (TAG $any) ALL 1
S: OK
C: SEARCH CHARSET "utf-8" BODY $lit"K\xc3\xb6ln"
[rev1] S: * SEARCH 1
[rev2] S: * ESEARCH (TAG $any) ALL 1
S: OK
C: SEARCH CHARSET ISO-8859-1 BODY $lit"K\xf6ln"
[rev1] S: * SEARCH 1
[rev2] S: * ESEARCH (TAG $any) ALL 1
S: OK
C: SEARCH CHARSET "iso-8859-15" SUBJECT $lit+"Caf\xe9"
[rev1] S: * SEARCH 3
[rev2] S: * ESEARCH (TAG $any) ALL 3
S: OK
C: SEARCH CHARSET Shift_JIS BODY $lit"\x93\xfa\x96\x7b\x8c\xea"
[rev1] S: * SEARCH 1
[rev2] S: * ESEARCH (TAG $any) ALL 1
S: OK
C: SEARCH CHARSET UTF-7 BODY "+ZeVnLIqe-"
[rev1] S: * SEARCH 1
[rev2] S: * ESEARCH (TAG $any) ALL 1
S: OK
C: SEARCH CHARSET US-ASCII SUBJECT welcome
[rev1] S: * SEARCH 2
[rev2] S: * ESEARCH (TAG $any) ALL 2
S: OK
C: SEARCH CHARSET koi8-r ALL
[rev1] S: * SEARCH 1 2 3
[rev2] S: * ESEARCH (TAG $any) ALL 1:3
S: OK

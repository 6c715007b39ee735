# 8-bit text without CHARSET, and under US-ASCII, is UTF-8; what is not UTF-8 is BAD (RFC 9051 section 6.4.4, users.md section 1.5).
@ mailbox INBOX utf8_body.eml

C: SELECT INBOX
S: ...
S: OK
C: SEARCH BODY $lit"K\xc3\xb6ln"
[rev1] S: * SEARCH 1
[rev2] S: * ESEARCH (TAG $any) ALL 1
S: OK
C: SEARCH CHARSET US-ASCII BODY $lit"K\xc3\xb6ln"
[rev1] S: * SEARCH 1
[rev2] S: * ESEARCH (TAG $any) ALL 1
S: OK
C: SEARCH BODY $lit"K\xf6ln"
S: BAD {{.*}}UTF-8{{.*}}
C: SEARCH CHARSET UTF-8 BODY $lit"K\xf6ln"
S: BAD {{.*}}UTF-8{{.*}}
C: SEARCH BODY $lit"a\0b"
S: BAD
C: SEARCH SUBJECT $lit""
[rev1] S: * SEARCH 1
[rev2] S: * ESEARCH (TAG $any) ALL 1
S: OK

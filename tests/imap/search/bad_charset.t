# A charset that nobody knows: NO [BADCHARSET (...)] with the list, never BAD (RFC 9051 section 6.4.4).
@ mailbox INBOX 1

C: SELECT INBOX
S: ...
S: OK
C: SEARCH CHARSET X-NONE TEXT "abc"
S: NO [BADCHARSET ({{.*}}UTF-8{{.*}})] $any
C: UID SEARCH CHARSET "x none" SUBJECT $lit"\xff\xfe"
S: NO [BADCHARSET ({{.*}}UTF-8{{.*}})] $any
C: SEARCH CHARSET X-NONE FOO
S: BAD
C: SEARCH ALL
[rev1] S: * SEARCH 1
[rev2] S: * ESEARCH (TAG $any) ALL 1
S: OK

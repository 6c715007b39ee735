# EXISTS of mail that arrived meanwhile comes with FETCH, before its tagged line (RFC 9051 section 7).
@ mailbox INBOX 1

a C: SELECT INBOX
a S: ...
a S: OK
b C: APPEND INBOX <<
> Subject: new
>
> mail
b S: OK [APPENDUID $nz $nz]
a C: FETCH 1 UID
a S: * 1 FETCH (UID $nz)
a S: * 2 EXISTS
a S: ...
a S: OK
a C: FETCH 2 BODY.PEEK[TEXT]
a S: * 2 FETCH (BODY[TEXT] $str"mail\r\n")
a S: OK

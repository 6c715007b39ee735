# <offset.count> gives a piece; beyond the end it is cut, behind the end it is empty (RFC 9051 section 6.4.5).
@ mailbox INBOX 1

C: SELECT INBOX
S: ...
S: OK
C: FETCH 1 BODY.PEEK[TEXT]<5.2>
S: * 1 FETCH (BODY[TEXT]<5> $str"of")
S: OK
C: FETCH 1 BODY.PEEK[TEXT]<0.4>
S: * 1 FETCH (BODY[TEXT]<0> $str"Body")
S: OK
C: FETCH 1 BODY.PEEK[TEXT]<16.1000>
S: * 1 FETCH (BODY[TEXT]<16> $str"1.\r\n")
S: OK
C: FETCH 1 BODY.PEEK[TEXT]<0.4294967295>
S: * 1 FETCH (BODY[TEXT]<0> $str"Body of message 1.\r\n")
S: OK
C: FETCH 1 BODY.PEEK[TEXT]<20.5>
S: * 1 FETCH (BODY[TEXT]<20> "")
S: OK
[rev2] C: FETCH 1 BODY.PEEK[TEXT]<9000000000.5>
[rev2] S: * 1 FETCH (BODY[TEXT]<9000000000> "")
[rev2] S: OK
C: FETCH 1 BODY.PEEK[HEADER.FIELDS (SUBJECT)]<9.7>
S: * 1 FETCH (BODY[HEADER.FIELDS (SUBJECT)]<9> $str"Message")
S: OK
C: FETCH 1 (BODY.PEEK[TEXT]<0.4> BODY.PEEK[TEXT]<5.2>)
S: * 1 FETCH (BODY[TEXT]<0> $str"Body" BODY[TEXT]<5> $str"of")
S: OK
C: FETCH 1 BODY.PEEK[TEXT]<0.0>
S: BAD
C: FETCH 1 BODY.PEEK[TEXT]<5>
S: BAD

# A syntax error says what was expected and where, and the session goes on (issue 2, bad input).
@ mailbox INBOX 1

C: SELECT INBOX
S: ...
S: OK
C: FETCH 1 FLAG
S: BAD {{.*}}expected a FETCH item at position $nz, found "FLAG"
C: FETCH 1 (FLAGS
S: BAD {{.*}}expected $any
C: FETCH 1 ()
S: BAD $any
C: FETCH 1 BODY[
S: BAD $any
C: FETCH 1 BODY[0]
S: BAD $any
C: FETCH 1 BODY[MIME]
S: BAD {{.*}}expected HEADER, HEADER.FIELDS, HEADER.FIELDS.NOT or TEXT at position $any
C: FETCH 1 BODY[1.]
S: BAD $any
C: FETCH 1 BODY[HEADER.FIELDS ()]
S: BAD $any
C: FETCH 1 BODY[HEADER.FIELDS]
S: BAD $any
C: FETCH 1 BINARY[TEXT]
S: BAD $any
C: FETCH 1 BINARY.SIZE[1]<0.5>
S: BAD $any
C: FETCH 1,,2 FLAGS
S: BAD $any
C: FETCH 1
S: BAD $any
C: FETCH
S: BAD $any
C: FETCH 1 FLAGS extra
S: BAD $any
C: FETCH 1 UID
S: * 1 FETCH (UID $nz)
S: OK

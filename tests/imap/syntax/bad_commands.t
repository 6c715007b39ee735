# Every fault gets a tagged BAD that says what was expected and where, and the session goes on.
C: FROB
S: BAD unknown command "FROB"
C: SELECT
S: BAD SELECT: expected a space at position $num, found the end of the line
C: SELECT INBOX junk
S: BAD SELECT: expected a list of parameters at position $num, found "junk"
C: NOOP
S: OK
C:  NOOP
S: BAD
C: NOOP x
S: BAD
C: UID
S: BAD
C: UID NOOP
S: BAD
C= * NOOP
S: * BAD $text
C= 
S: * BAD $text
C= tag\0 NOOP
S: * BAD $text
C= t1 SELECT "\xff"
S: {{t1 BAD .*}}
C= t2 SELECT "a\0b"
S: {{t2 BAD .*}}
C: NOOP
S: OK

# \Recent, unknown system flags and broken lists are BAD, and the place is named (RFC 9051 sections 2.3.2 and 9).
@ mailbox INBOX 1

C: SELECT INBOX
S: ...
S: OK
C: STORE 1 +FLAGS (\Recent)
S: BAD {{.*}}a flag that a client may set at position $any
C: STORE 1 +FLAGS (\Nonsense)
S: BAD {{.*}}position $any
C: STORE 1 +FLAGS (\*)
S: BAD
C: STORE 1 +FLAGS (\Seen
S: BAD
C: STORE 1 +FLAGS
S: BAD
C: STORE 1 FLUGS (\Seen)
S: BAD {{.*}}FLAGS, +FLAGS or -FLAGS{{.*}}
C: STORE 1 +FLAGS.LOUD (\Seen)
S: BAD
C: STORE 1 +FLAGS (a b]c)
S: BAD
C: STORE 2 +FLAGS (\Seen)
S: BAD
C: FETCH 1 FLAGS
[rev1] S: * 1 FETCH (FLAGS (\Recent))
[rev2] S: * 1 FETCH (FLAGS ())
S: OK

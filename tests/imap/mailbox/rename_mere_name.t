# A name that is no mailbox but stands above some is renamed with them ("RENAME foo zowie" in RFC 9051 section 6.3.6).
@ mailbox foo/bar 2
C: DELETE foo
S: OK
C: RENAME foo zowie
S: OK
C: LIST "" (foo* zowie*)
S: * LIST (\HasNoChildren) "/" zowie/bar
S: OK
C: LIST "" "z%"
[rev1] S: * LIST (\Noselect \HasChildren) "/" zowie
[rev2] S: * LIST (\NonExistent \HasChildren) "/" zowie
S: OK
C: STATUS zowie/bar (MESSAGES)
S: * STATUS zowie/bar (MESSAGES 2)
S: OK
C: RENAME foo other
S: NO [NONEXISTENT]

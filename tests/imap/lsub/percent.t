# LSUB and "%": a level above a subscribed name comes with \Noselect (RFC 3501 section 6.3.9).
@ rev rev1
C: SUBSCRIBE foo/bar
S: OK
C: SUBSCRIBE foo/baz/deep
S: OK
C: CREATE top
S: OK
C: SUBSCRIBE top
S: OK
C: LSUB "" f%
S: * LSUB (\Noselect) "/" foo
S: OK
C: LSUB "" foo/%
S~ * LSUB () "/" foo/bar
S~ * LSUB (\Noselect) "/" foo/baz
S: OK
C: LSUB "" foo*
S~ * LSUB () "/" foo/bar
S~ * LSUB () "/" foo/baz/deep
S: OK
C: LSUB "" t%
S: * LSUB () "/" top
S: OK

# SUBSCRIBED with and without RECURSIVEMATCH (RFC 9051 sections 6.3.9.1, 6.3.9.6 and examples 8 and 9).
C: CREATE foo
S: OK
C: SUBSCRIBE foo/bar
S: OK
C: CREATE eps/mamba
S: OK
C: SUBSCRIBE eps
S: OK
C: SUBSCRIBE eps/mamba
S: OK
C: SUBSCRIBE qux/deep/er
S: OK
C: LIST (SUBSCRIBED) "" foo/*
S: * LIST $has(\Subscribed \NonExistent) "/" foo/bar
S: OK
C: LIST (SUBSCRIBED) "" foo
S: OK
C: LIST (SUBSCRIBED RECURSIVEMATCH) "" foo RETURN (CHILDREN)
S: * LIST (\HasNoChildren) "/" foo ("CHILDINFO" ("SUBSCRIBED"))
S: OK
C: LIST (RECURSIVEMATCH SUBSCRIBED) "" (eps% qux%)
S~ * LIST $has(\Subscribed) "/" eps ("CHILDINFO" ("SUBSCRIBED"))
S~ * LIST $has(\NonExistent) "/" qux ("CHILDINFO" ("SUBSCRIBED"))
S: OK
C: LIST (RECURSIVEMATCH SUBSCRIBED) "" eps*
S~ * LIST $has(\Subscribed) "/" eps ("CHILDINFO" ("SUBSCRIBED"))
S~ * LIST $has(\Subscribed) "/" eps/mamba
S: OK
C: LIST (RECURSIVEMATCH) "" *
S: BAD
C: LIST (REMOTE RECURSIVEMATCH) "" *
S: BAD

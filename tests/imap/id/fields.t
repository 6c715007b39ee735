# ID takes a list or NIL, also an empty list, and tells who the server is (RFC 2971).
C: ID NIL
S: * ID $any
S: OK
C: ID ("name" "test" "version" NIL)
S: * ID ("name" "Starling" $any)
S: OK
C: ID ()
S: * ID $any
S: OK
C: ID ("name")
S: BAD
C: ID
S: BAD

# CREATE with USE (RFC 6154 section 3): taken or unknown uses are refused with USEATTR.
C: CREATE later (USE (\Archive))
S: NO [USEATTR]
C: DELETE Archive
S: OK
C: CREATE later (USE (\Archive))
S: OK
C: LIST (SPECIAL-USE) "" later
S: * LIST $has(\Archive) "/" later
S: OK
C: CREATE other (USE (\Nothing))
S: NO [USEATTR]
C: CREATE more (USE (\Sent))
S: NO [USEATTR]
C: CREATE bad (USE (Sent))
S: BAD
C: CREATE bad (FOO (\Sent))
S: BAD
C: CREATE plain (USE ())
S: OK

# CREATE with USE (RFC 6154 section 3): unknown uses and those of another mailbox are refused with USEATTR.
@ mailbox Drafts 1
C: CREATE later (USE (\Drafts))
S: NO [USEATTR]
C: DELETE Drafts
S: OK
C: CREATE later (USE (\Drafts))
S: OK
C: LIST (SPECIAL-USE) "" later
S: * LIST $has(\Drafts) "/" later
S: OK
C: CREATE other (USE (\Nothing))
S: NO [USEATTR]
C: CREATE more (USE (\Drafts))
S: NO [USEATTR]
C: CREATE bad (USE (Sent))
S: BAD
C: CREATE bad (FOO (\Sent))
S: BAD
C: CREATE plain (USE ())
S: OK

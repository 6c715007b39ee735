# One personal namespace without a prefix (RFC 9051 section 6.3.10).
C: NAMESPACE
S: * NAMESPACE (("" "/")) NIL NIL
S: OK

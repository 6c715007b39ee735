# One personal namespace without a prefix (RFC 9051 section 6.3.10); a server with LANGUAGE has NAMESPACE (RFC 5255 section 3.1).
C: NAMESPACE
S: * NAMESPACE (("" "/")) NIL NIL
S: OK

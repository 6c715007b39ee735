# CAPABILITY has METADATA: annotations of the server and of mailboxes (RFC 5464 section 1).
C: CAPABILITY
S: * CAPABILITY {{.* METADATA( .*)?}}
S: OK

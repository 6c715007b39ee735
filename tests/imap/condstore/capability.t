# CONDSTORE is offered and can be enabled (RFC 7162 sections 3.1 and 3.1.1); enabling twice does no harm.
@ needs CONDSTORE

C: CAPABILITY
S: * CAPABILITY {{.* CONDSTORE .*}}
S: OK
C: ENABLE CONDSTORE
S: * ENABLED CONDSTORE
S: OK
C: enable condstore
S: * ENABLED CONDSTORE
S: OK

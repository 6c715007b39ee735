# CAPABILITY names both revisions and what was taken into IMAP4rev2 (RFC 9051 sections 6.1.1 and E; RFC 5182 section 2.1).
C: CAPABILITY
S: * CAPABILITY {{.*IMAP4rev2 IMAP4rev1.* NAMESPACE .*}}
S: OK
C: NOOP
S: OK

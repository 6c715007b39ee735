# ENABLE names what it enabled, ignores what it does not know, and needs an argument (RFC 9051 section 6.3.1; RFC 5161 section 3.1).
C: ENABLE X-UNKNOWN NAMESPACE
S: * ENABLED
S: OK
C: ENABLE utf8=accept X-UNKNOWN
S: * ENABLED UTF8=ACCEPT
S: OK
C: ENABLE
S: BAD

# NOTIFY only after log-in (RFC 5465 section 8: command-auth).
a CONNECT
a S: * OK
a C: NOTIFY NONE
a S: BAD

# UNAUTHENTICATE leads back to i-default (RFC 8437 section 4).
@ needs UNAUTHENTICATE

C: LANGUAGE de
S: * LANGUAGE (de)
S: OK
C: UNAUTHENTICATE
S: OK nobody is logged in
C: NOOP
S: OK NOOP completed

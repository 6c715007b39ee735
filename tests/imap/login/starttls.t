# STARTTLS on the plain port; afterwards it is offered no more (RFC 9051 section 6.2.1).
@ rev rev1
CONNECT
S: * OK [CAPABILITY {{.*}} STARTTLS{{.*}}
C: STARTTLS
S: OK
STARTTLS
C: CAPABILITY
S: * CAPABILITY {{(?!.*STARTTLS).*AUTH=PLAIN.*}}
S: OK
C: STARTTLS
S: BAD

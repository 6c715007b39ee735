# A literal beyond the limit: NO [TOOBIG] before "+"; with {n+} the octets are dropped, and the session goes on (RFC 7889 section 4).
@ mailbox INBOX

C= t1 APPEND INBOX {134217729}
S: t1 NO [TOOBIG] $any
C= t2 APPEND INBOX {9223372036854775808}
S: t2 NO [TOOBIG] $any
C= t3 APPEND INBOX {99999999999999999999999999}
S: t3 NO [TOOBIG] $any
C: NOOP
S: OK

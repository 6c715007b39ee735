# Literals of all kinds as names; one that is too big is refused before "+" (RFC 9051 section 4.3, RFC 7888).
C: CREATE $lit"from a literal"
S: OK
C: STATUS $lit+"from a literal" (MESSAGES)
S: * STATUS $str"from a literal" (MESSAGES 0)
S: OK
C: DELETE "from a literal"
S: OK
C= t1 SELECT {99999999}
S: {{t1 NO \[TOOBIG\] .*}}
C= t2 FROB {5}
S: {{t2 BAD .*}}
C= t3 FROB {6+}\r\nNOOP\r\n
S: {{t3 BAD .*}}
C: NOOP
S: OK

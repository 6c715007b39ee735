# SEARCH EMAILID and THREADID: exactly the id, case counts; with other keys; what is no message's id finds nothing; what is no objectid is an
# error (RFC 8474 sections 6 and 7).
@ mailbox INBOX 3
C: SELECT INBOX
S: ...
S: OK
C: FETCH 1:3 (EMAILID THREADID)
S: * 1 FETCH $items(EMAILID (${one=M[A-Za-z0-9_-]+}), THREADID (${t1=T[A-Za-z0-9_-]+}))
S: * 2 FETCH $items(EMAILID (${two=M[A-Za-z0-9_-]+}), THREADID (${t2=T[A-Za-z0-9_-]+}))
S: * 3 FETCH $items(EMAILID (${three=M[A-Za-z0-9_-]+}), THREADID (${t3=T[A-Za-z0-9_-]+}))
S: OK
C: SEARCH RETURN (ALL) OR EMAILID ${one} EMAILID ${three}
S: * ESEARCH (TAG $any) ALL 1,3
S: OK
C: search return (all) emailid ${two}
S: * ESEARCH (TAG $any) ALL 2
S: OK
C: SEARCH RETURN (ALL) NOT EMAILID ${two}
S: * ESEARCH (TAG $any) ALL 1,3
S: OK
C: SEARCH RETURN (ALL) OR THREADID ${t1} EMAILID ${two}
S: * ESEARCH (TAG $any) ALL 1:2
S: OK
C: SEARCH RETURN (ALL) THREADID ${t3} UNSEEN
S: * ESEARCH (TAG $any) ALL 3
S: OK
C: SEARCH RETURN (COUNT) EMAILID ${t1}
S: * ESEARCH (TAG $any) COUNT 0
S: OK
C: SEARCH RETURN (COUNT) THREADID ${one}
S: * ESEARCH (TAG $any) COUNT 0
S: OK
C: SEARCH RETURN (COUNT) EMAILID m${one}
S: * ESEARCH (TAG $any) COUNT 0
S: OK
C: SEARCH RETURN (COUNT) NOT EMAILID somebody-elses_ID-1
S: * ESEARCH (TAG $any) COUNT 3
S: OK
C: SEARCH RETURN (COUNT) THREADID NIL
S: * ESEARCH (TAG $any) COUNT 0
S: OK
C: SEARCH EMAILID a.b
S: BAD
C: SEARCH EMAILID ()
S: BAD
C: SEARCH EMAILID
S: BAD
C: SEARCH THREADID (${t1})
S: BAD
C: SEARCH THREADID aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
S: ...
S: OK
C: SEARCH THREADID aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
S: BAD

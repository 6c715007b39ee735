# Non-synchronizing literals within pipelined commands (RFC 7888).
@ mailbox INBOX 1

C= p1 APPEND INBOX {20+}\r\nSubject: a\r\n\r\nbody\r\n\r\np2 SELECT {5+}\r\nINBOX\r\np3 FETCH 2 BODY.PEEK[HEADER.FIELDS ({7+}\r\nSubject)]
S: p1 OK [APPENDUID $nz 2] $any
S: ...
S: * 2 EXISTS
S: ...
S: p2 OK $any
S: * 2 FETCH (BODY[HEADER.FIELDS (Subject)] $str"Subject: a\r\n\r\n")
S: p3 OK $any

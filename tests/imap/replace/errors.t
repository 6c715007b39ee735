# Arguments that are wrong are BAD; what cannot be removed or added is NO; in both cases nothing is appended, nothing removed, no EXPUNGE sent
# (RFC 8508 sections 3.2 and 3.4). A client that waits for "+" is told before it sends; TRYCREATE as with APPEND.
@ mailbox INBOX 2
C: SELECT INBOX
S: ...
S: OK
C: REPLACE 2 nowhere $lit+"Subject: a\r\n\r\nx"
S: NO [TRYCREATE]
C= a1 REPLACE 2 nowhere {5}
S: a1 NO [TRYCREATE] $text
C= a2 REPLACE 3 INBOX {5}
S: a2 BAD $text
C= a3 UID REPLACE 77 INBOX {5}
S: a3 NO [NONEXISTENT] $text
C= a4 REPLACE 0 INBOX {5}
S: a4 BAD $text
C= a5 REPLACE 1:2 INBOX {5}
S: a5 BAD $text
C= a6 REPLACE $ INBOX {5}
S: a6 BAD $text
C= a7 REPLACE 1 INBOX (\Seen {5}
S: a7 BAD $text
C= a8 REPLACE 1 INBOX {0}
S: a8 NO $text
C= a9 REPLACE 1 INBOX {999999999999}
S: a9 NO [TOOBIG] $text
C: REPLACE 1 INBOX
S: BAD
C: REPLACE 1
S: BAD
C: REPLACE
S: BAD
C: UID REPLACE x INBOX $lit+"Subject: a\r\n\r\nx"
S: BAD
C: NOOP
S: OK
C: STATUS INBOX (MESSAGES UIDNEXT)
S: * STATUS INBOX (MESSAGES 2 UIDNEXT 3)
S: OK

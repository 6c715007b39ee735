# A connection that is lost without QUIT removes nothing (RFC 1939 section 6).
@ mailbox INBOX 2
C: DELE 1
S: +OK
C: DELE 2
S: +OK
CLOSE
b C: STAT
b S: +OK 2 $num
b C: DELE 1
b S: +OK
b C: QUIT
b S: +OK
c C: STAT
c S: +OK 1 $num

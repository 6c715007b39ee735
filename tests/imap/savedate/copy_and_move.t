# COPY and MOVE give the copy the present time as its save date and leave the source's alone, although INTERNALDATE is taken over (RFC 8514
# section 3). That the time is a later one is shown in src/mail/account_test.c: nothing here takes a second.
@ mailbox INBOX plain.eml () "01-Feb-2004 10:00:00 +0000"
@ mailbox INBOX plain.eml () "01-Feb-2004 10:00:00 +0000"
@ mailbox Other
C: SELECT INBOX
S: ...
S: OK
C: FETCH 2 (SAVEDATE)
S: * 2 FETCH (SAVEDATE "${two=[^"]+}")
S: OK
C: COPY 2 Other
S: OK
C: MOVE 1 Other
S: ...
S: OK
C: FETCH 1 (SAVEDATE)
S: * 1 FETCH (SAVEDATE "${two}")
S: OK
C: SELECT Other
S: ...
S: OK
C: FETCH 1:2 (INTERNALDATE SAVEDATE)
S: * 1 FETCH $items(INTERNALDATE " 1-Feb-2004 10:00:00 +0000", SAVEDATE "${copied=[ 0-9][0-9]-[A-Z][a-z][a-z]-20[2-9][0-9] [0-9:]+ .0000}")
S: * 2 FETCH $items(INTERNALDATE " 1-Feb-2004 10:00:00 +0000", SAVEDATE "${moved=[ 0-9][0-9]-[A-Z][a-z][a-z]-20[2-9][0-9] [0-9:]+ .0000}")
S: OK
C: FETCH 1:2 (SAVEDATE)
S: * 1 FETCH (SAVEDATE "${copied}")
S: * 2 FETCH (SAVEDATE "${moved}")
S: OK

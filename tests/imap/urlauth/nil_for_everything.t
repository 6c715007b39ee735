# Whatever is wrong with a URL, the answer is NIL and OK: no syntax of a URL, no authorization, another's, a mailbox, nothing there (RFC 4467 sections 7 and 8).
@ needs URLAUTH
@ users 2
@ mailbox INBOX 1
C: URLFETCH "x" "imap://${user}@localhost/INBOX/;UID=1" "imap://${user}@localhost/INBOX" "imap://${user}@localhost/" "imap://${user}@localhost/INBOX?ALL"
S: * URLFETCH $str"x" NIL
S: * URLFETCH $str"imap://${user}@localhost/INBOX/;UID=1" NIL
S: * URLFETCH $str"imap://${user}@localhost/INBOX" NIL
S: * URLFETCH $str"imap://${user}@localhost/" NIL
S: * URLFETCH $str"imap://${user}@localhost/INBOX?ALL" NIL
S: OK
C: URLFETCH "imap://${user}@localhost/INBOX/;UID=1;URLAUTH=anonymous:INTERNAL:00000000000000000000000000000000" "imap://${user2}@localhost/INBOX/;UID=1;URLAUTH=user+${user}:INTERNAL:00000000000000000000000000000000" "imap://nobody@localhost/INBOX/;UID=1;URLAUTH=anonymous:INTERNAL:00000000000000000000000000000000" "imap://${user}@localhost/INBOX/;UID=1;URLAUTH=anonymous:XSAMPLE:00000000000000000000000000000000"
S: * URLFETCH $any NIL
S: * URLFETCH $any NIL
S: * URLFETCH $any NIL
S: * URLFETCH $any NIL
S: OK
C: GENURLAUTH "imap://${user}@localhost/INBOX/;UID=2;URLAUTH=anonymous" INTERNAL "imap://${user}@localhost/INBOX/;UID=1/;SECTION=2;URLAUTH=anonymous" INTERNAL "imap://${user}@localhost/INBOX/;UID=1;EXPIRE=2006-10-28T23:59:59Z;URLAUTH=anonymous" INTERNAL
S: * GENURLAUTH {{"?}}${absent}{{"?}} {{"?}}${section}{{"?}} {{"?}}${expired}{{"?}}
S: OK
C: URLFETCH ${absent} ${section} ${expired} $lit"a\r\nb" ""
S: * URLFETCH $str"${absent}" NIL
S: * URLFETCH $str"${section}" NIL
S: * URLFETCH $str"${expired}" NIL
S: * URLFETCH $str"a\r\nb" NIL
S: * URLFETCH "" NIL
S: OK
C: URLFETCH
S: BAD
C: URLFETCH ("x" FOO)
S: BAD
C: URLFETCH (
S: BAD

# RESETKEY takes back what was given away: of one mailbox, of all; other sessions that have it selected are told (RFC 4467 section 7).
@ needs URLAUTH
@ mailbox INBOX plain.eml
@ mailbox a plain.eml
b C: SELECT INBOX
b S: ...
b S: * OK [URLMECH INTERNAL] $any
b S: ...
b S: OK
C: GENURLAUTH "imap://${user}@localhost/INBOX/;UID=1;URLAUTH=anonymous" INTERNAL "imap://${user}@localhost/a/;UID=1;URLAUTH=anonymous" INTERNAL
S: * GENURLAUTH {{"?}}${inbox}{{"?}} {{"?}}${other}{{"?}}
S: OK
C: RESETKEY a
S: OK [URLMECH INTERNAL] $any
C: URLFETCH ${inbox} ${other}
S: * URLFETCH $str"${inbox}" $file(plain.eml)
S: * URLFETCH $str"${other}" NIL
S: OK
b NONE
b C: IDLE
b S: + $any
C: RESETKEY INBOX INTERNAL
S: OK [URLMECH INTERNAL] $any
b S: * OK [URLMECH INTERNAL] $any
b C= DONE
b S: OK
C: URLFETCH ${inbox}
S: * URLFETCH $str"${inbox}" NIL
S: OK
C: GENURLAUTH "imap://${user}@localhost/INBOX/;UID=1;URLAUTH=anonymous" INTERNAL
S: * GENURLAUTH {{"?}}${again}{{"?}}
S: OK
C: URLFETCH ${again} ${inbox}
S: * URLFETCH $str"${again}" $file(plain.eml)
S: * URLFETCH $str"${inbox}" NIL
S: OK
C: RESETKEY
S: OK
C: URLFETCH ${again}
S: * URLFETCH $str"${again}" NIL
S: OK
b C: NOOP
b S: * OK [URLMECH INTERNAL] $any
b S: OK
C: RESETKEY Nowhere
S: NO [NONEXISTENT] $any
C: RESETKEY INBOX XSAMPLE
S: NO
C: RESETKEY INBOX INTERNAL XSAMPLE
S: NO

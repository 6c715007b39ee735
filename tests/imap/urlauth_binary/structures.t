# The structure of what is no leaf: a multipart, a message within, its text, a header, a whole message (RFC 5524 section 3.2: of the data as returned).
@ needs URLAUTH=BINARY
@ mailbox INBOX
C: APPEND INBOX $lit"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: in\r\nContent-Type: multipart/alternative; boundary=c\r\n\r\n--c\r\n\r\none\r\n--c\r\nContent-Type: text/html\r\n\r\ntwo\r\n--c--\r\n--b\r\n\r\nlast\r\n--b--\r\n"
S: OK
C: GENURLAUTH "imap://${user}@h/INBOX/;UID=1;URLAUTH=anonymous" INTERNAL "imap://${user}@h/INBOX/;UID=1/;SECTION=1;URLAUTH=anonymous" INTERNAL "imap://${user}@h/INBOX/;UID=1/;SECTION=1.TEXT;URLAUTH=anonymous" INTERNAL "imap://${user}@h/INBOX/;UID=1/;SECTION=1.2;URLAUTH=anonymous" INTERNAL "imap://${user}@h/INBOX/;UID=1/;SECTION=1.HEADER;URLAUTH=anonymous" INTERNAL "imap://${user}@h/INBOX/;UID=1/;SECTION=2;URLAUTH=anonymous" INTERNAL "imap://${user}@h/INBOX/;UID=1/;SECTION=TEXT;URLAUTH=anonymous" INTERNAL
S: * GENURLAUTH {{"?}}${whole}{{"?}} {{"?}}${message}{{"?}} {{"?}}${text}{{"?}} {{"?}}${html}{{"?}} {{"?}}${header}{{"?}} {{"?}}${last}{{"?}} {{"?}}${body}{{"?}}
S: OK
C: URLFETCH (${whole} BODYPARTSTRUCTURE) (${message} BODYPARTSTRUCTURE) (${text} BODYPARTSTRUCTURE) (${html} BODYPARTSTRUCTURE) (${header} BODYPARTSTRUCTURE) (${last} BODYPARTSTRUCTURE) (${body} BODYPARTSTRUCTURE)
S: * URLFETCH $str"${whole}" (BODYPARTSTRUCTURE ("message" "rfc822" NIL NIL NIL "8bit" $num ($any) (("message" "rfc822" $any) $any "mixed" $any) 20))
S: * URLFETCH $str"${message}" (BODYPARTSTRUCTURE ("message" "rfc822" NIL NIL NIL "7bit" $num (NIL "in" $any) (("text" "plain" $any)("text" "html" $any) "alternative" $any) $any))
S: * URLFETCH $str"${text}" (BODYPARTSTRUCTURE (("text" "plain" $any)("text" "html" $any) "alternative" $any))
S: * URLFETCH $str"${html}" (BODYPARTSTRUCTURE ("text" "html" $any "7bit" 3 $any))
S: * URLFETCH $str"${header}" (BODYPARTSTRUCTURE ("text" "rfc822-headers" NIL NIL NIL "8bit" 64 3))
S: * URLFETCH $str"${last}" (BODYPARTSTRUCTURE ("text" "plain" $any "7bit" 4 $any))
S: * URLFETCH $str"${body}" (BODYPARTSTRUCTURE (("message" "rfc822" $any)("text" "plain" $any) "mixed" $any))
S: OK

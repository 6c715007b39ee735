# Decoded octets with NUL come in a literal8 (RFC 5524 section 3.1), with their range if the URL is partial; an encoding that is not known gives NIL beside the structure as it is.
@ needs URLAUTH=BINARY
@ mailbox INBOX
C: APPEND INBOX $lit"Content-Type: image/x\r\nContent-Transfer-Encoding: base64\r\n\r\nYQBi/2M=\r\n"
S: OK
C: APPEND INBOX $lit"Content-Type: image/x\r\nContent-Transfer-Encoding: x-odd\r\n\r\nabc\r\n"
S: OK
C: GENURLAUTH "imap://${user}@localhost/INBOX/;UID=1/;SECTION=1;URLAUTH=anonymous" INTERNAL "imap://${user}@localhost/INBOX/;UID=1/;SECTION=1/;PARTIAL=2.2;URLAUTH=anonymous" INTERNAL "imap://${user}@localhost/INBOX/;UID=2/;SECTION=1;URLAUTH=anonymous" INTERNAL "imap://${user}@localhost/INBOX/;UID=1/;SECTION=3;URLAUTH=anonymous" INTERNAL
S: * GENURLAUTH {{"?}}${nul}{{"?}} {{"?}}${some}{{"?}} {{"?}}${odd}{{"?}} {{"?}}${absent}{{"?}}
S: OK
C: URLFETCH (${nul} BINARY BODYPARTSTRUCTURE) (${some} BINARY BODYPARTSTRUCTURE) (${some} BODY BODYPARTSTRUCTURE) (${odd} BODYPARTSTRUCTURE BINARY) (${odd} BODY) (${absent} BODY BODYPARTSTRUCTURE)
S: * URLFETCH $str"${nul}" (BODYPARTSTRUCTURE ("image" "x" NIL NIL NIL "BINARY" 5 $any)) (BINARY $lit8"a\0b\xffc")
S: * URLFETCH $str"${some}" (BODYPARTSTRUCTURE ("image" "x" NIL NIL NIL "BINARY" 2 $any)) (BINARY $lit"b\xff")
S: * URLFETCH $str"${some}" (BODYPARTSTRUCTURE ("image" "x" NIL NIL NIL "base64" 2 $any)) (BODY $nstr"Bi")
S: * URLFETCH $str"${odd}" (BODYPARTSTRUCTURE ("image" "x" NIL NIL NIL "x-odd" 5 $any)) (BINARY NIL)
S: * URLFETCH $str"${odd}" (BODY $nstr"abc\r\n")
S: * URLFETCH $str"${absent}" NIL
S: OK

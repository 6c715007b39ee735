# ;PARTIAL in an authorised URL is part of what is signed, and gives the range (RFC 5550 section 5.7.1).
@ needs URLAUTH URL-PARTIAL
@ mailbox INBOX
C: APPEND INBOX $lit"Subject: digits\r\n\r\n0123456789\r\n"
S: OK
C: GENURLAUTH "imap://${user}@localhost/INBOX/;UID=1/;SECTION=TEXT/;PARTIAL=3.4;URLAUTH=anonymous" INTERNAL "imap://${user}@localhost/INBOX/;UID=1/;PARTIAL=19;URLAUTH=anonymous" INTERNAL "imap://${user}@localhost/INBOX/;UID=1/;PARTIAL=1000;URLAUTH=anonymous" INTERNAL
S: * GENURLAUTH {{"?}}${one}{{"?}} {{"?}}${two}{{"?}} {{"?}}${three}{{"?}}
S: OK
C: URLFETCH ${one} ${two} ${three}
S: * URLFETCH $str"${one}" $nstr"3456"
S: * URLFETCH $str"${two}" $nstr"0123456789\r\n"
S: * URLFETCH $str"${three}" ""
S: OK

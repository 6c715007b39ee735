# GENURLAUTH authorises a URL, URLFETCH gets what it means: by the user of the access identifier, in any state (RFC 4467 sections 5 to 8).
@ needs URLAUTH
@ users 2
@ mailbox INBOX plain.eml
C: GENURLAUTH "imap://${user}@localhost/INBOX/;uid=1;urlauth=user+${user2}" INTERNAL imap://${user}@localhost/INBOX/;UID=1/;SECTION=HEADER;URLAUTH=user+${user} internal
S: * GENURLAUTH {{"?}}${one}{{"?}} {{"?}}${two}{{"?}}
S: OK
C: URLFETCH ${one} "${two}"
S: * URLFETCH $str"${one}" NIL
S: * URLFETCH $str"${two}" {{(?s:.*Subject: .*)}}
S: OK
C: EXAMINE INBOX
S: ...
S: OK
C: URLFETCH ${two}
S: * URLFETCH $str"${two}" {{(?s:.*Subject: .*)}}
S: OK
NONE
other OPEN ${user2}
other C: URLFETCH ${one} ${two}
other S: * URLFETCH $str"${one}" $file(plain.eml)
other S: * URLFETCH $str"${two}" NIL
other S: OK
other C: SELECT INBOX
other S: ...
other S: OK
other C: URLFETCH ${one}
other S: * URLFETCH $str"${one}" $file(plain.eml)
other S: OK
other NONE

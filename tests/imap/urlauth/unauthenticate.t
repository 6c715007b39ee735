# Behind UNAUTHENTICATE URLs are presented by who logs in then (RFC 8437 section 4).
@ needs URLAUTH UNAUTHENTICATE
@ users 2
@ mailbox INBOX plain.eml
C: GENURLAUTH "imap://${user}@localhost/INBOX/;UID=1;URLAUTH=user+${user}" INTERNAL
S: * GENURLAUTH {{"?}}${url}{{"?}}
S: OK
C: UNAUTHENTICATE
S: OK
C: URLFETCH ${url}
S: BAD
C: LOGIN ${user2} "se\"c\\ret"
S: OK
C: URLFETCH ${url}
S: * URLFETCH $str"${url}" NIL
S: OK

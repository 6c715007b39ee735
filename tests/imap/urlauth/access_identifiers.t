# submit+ is for users who are submission servers, whoever is named behind it; user+, authuser and anonymous as they say (RFC 4467 section 3).
@ needs URLAUTH
@ users 2
@ config imap = { submit_users = "x ${user2} y"; };
@ mailbox INBOX plain.eml
C: GENURLAUTH "imap://${user}@localhost/INBOX/;UID=1;URLAUTH=submit+anybody" INTERNAL "imap://${user}@localhost/INBOX/;UID=1;URLAUTH=authuser" INTERNAL "imap://${user}@localhost/INBOX/;UID=1;URLAUTH=anonymous" INTERNAL "imap://${user}@localhost/INBOX/;UID=1;URLAUTH=user+${user2}" INTERNAL
S: * GENURLAUTH {{"?}}${submit}{{"?}} {{"?}}${authuser}{{"?}} {{"?}}${anonymous}{{"?}} {{"?}}${named}{{"?}}
S: OK
C: URLFETCH ${submit} ${authuser} ${anonymous} ${named}
S: * URLFETCH $str"${submit}" NIL
S: * URLFETCH $str"${authuser}" $file(plain.eml)
S: * URLFETCH $str"${anonymous}" $file(plain.eml)
S: * URLFETCH $str"${named}" NIL
S: OK
submit OPEN ${user2}
submit C: URLFETCH ${submit} ${authuser} ${anonymous} ${named}
submit S: * URLFETCH $str"${submit}" $file(plain.eml)
submit S: * URLFETCH $str"${authuser}" $file(plain.eml)
submit S: * URLFETCH $str"${anonymous}" $file(plain.eml)
submit S: * URLFETCH $str"${named}" $file(plain.eml)
submit S: OK

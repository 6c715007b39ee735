# A URL means the mailbox that made it, and that under its name: not one that was renamed away, nor another that has the name now (RFC 4467 section 6).
@ needs URLAUTH
@ mailbox a plain.eml
C: GENURLAUTH "imap://${user}@localhost/a/;UID=1;URLAUTH=anonymous" INTERNAL
S: * GENURLAUTH {{"?}}${url}{{"?}}
S: OK
C: RENAME a b
S: OK
C: URLFETCH ${url}
S: * URLFETCH $str"${url}" NIL
S: OK
C: CREATE a
S: OK
C: APPEND a $file(list.eml)
S: OK
C: URLFETCH ${url}
S: * URLFETCH $str"${url}" NIL
S: OK
C: DELETE a
S: OK
C: RENAME b a
S: OK
C: URLFETCH ${url}
S: * URLFETCH $str"${url}" $file(plain.eml)
S: OK
C: SELECT a
S: ...
S: OK
C: STORE 1 +FLAGS.SILENT (\Deleted)
S: OK
C: EXPUNGE
S: ...
S: OK
C: URLFETCH ${url}
S: * URLFETCH $str"${url}" NIL
S: OK

# IMAP4rev2: names are UTF-8, "&" is a letter like others (RFC 9051 section 5.1).
@ rev rev2
C: CREATE "Entwürfe"
S: OK
C: LIST "" "Entw%"
S: * LIST $any "/" "Entwürfe"
S: OK
C: CREATE "a&b"
S: OK
C: LIST "" "a%"
S: * LIST $any "/" a&b
S: OK
# Another Unicode form of a name is taken, and the client is told the form in use (RFC 9051 section 6.3.9.7).
C: CREATE "Züge"
S: * LIST $any "/" "Züge" ("OLDNAME" ("Züge"))
S: OK
C: SELECT "Züge"
S: ...
S: * LIST $any "/" "Züge" ("OLDNAME" ("Züge"))
S: ...
S: OK

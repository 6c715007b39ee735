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
C: CREATE "Zu\xcc\x88ge"
S: ...
S: OK

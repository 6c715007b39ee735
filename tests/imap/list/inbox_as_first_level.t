# INBOX is INBOX in any case, also as the first level of a name; the levels below it keep theirs (RFC 9051 section 5.1).
C: CREATE inbox/Kid
S: OK
C: LIST "" "inbox/%"
S: * LIST (\HasNoChildren) "/" INBOX/Kid
S: OK
C: LIST "inBox/" "Kid"
S: * LIST (\HasNoChildren) "/" INBOX/Kid
S: OK
C: LIST "" "INBOX/kid"
S: OK
C: STATUS iNbOx/Kid (MESSAGES)
S: * STATUS INBOX/Kid (MESSAGES 0)
S: OK

# A replaced message leaves the saved search result (RFC 9051 section 6.4.4.1), like any that is expunged.
@ mailbox INBOX 3
C: SELECT INBOX
S: ...
S: OK
C: SEARCH RETURN (SAVE) ALL
S: OK
C: UID REPLACE 2 INBOX $lit"Subject: a\r\n\r\nx"
S: ...
S: OK
C: NOOP
S: ...
S: OK
C: FETCH $ (UID)
S: * 1 FETCH (UID 1)
S: * 2 FETCH (UID 3)
S: OK

# A unique-id is never given to another message, not even when INBOX is renamed away and begins anew (RFC 1939 section 7).
@ mailbox INBOX 1
C: UIDL 1
S: +OK 1 ${first=[!-~]+}
C: QUIT
S: +OK
imap C: RENAME INBOX Old
imap S: OK
imap C: APPEND INBOX $file(plain.eml)
imap S: OK
b C: UIDL 1
b S! +OK 1 ${first}
b S: +OK 1 $any

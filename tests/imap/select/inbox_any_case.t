# INBOX is INBOX in any letters (RFC 9051 section 5.1).
C: SELECT iNbOx
S: ...
S: OK [READ-WRITE]
C: STATUS "inbox" (MESSAGES)
S: * STATUS INBOX (MESSAGES 0)
S: OK
C: CREATE Inbox
S: NO

# SEARCH needs a selected mailbox (RFC 9051 section 6.4).
C: SEARCH ALL
S: BAD
C: UID SEARCH ALL
S: BAD

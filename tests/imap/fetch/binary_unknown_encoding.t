# A transfer encoding that nobody knows: NO [UNKNOWN-CTE] for BINARY, the rest of the messages is answered (RFC 9051 section 7.5.2).
@ mailbox INBOX bad_content_type.eml
@ mailbox INBOX 1

C: EXAMINE INBOX
S: ...
S: OK
C: FETCH 1:2 BINARY[1]
S: * 2 FETCH (BINARY[1] $str"Body of message 1.\r\n")
S: NO [UNKNOWN-CTE]
C: FETCH 1 BINARY.SIZE[1]
S: NO [UNKNOWN-CTE]
C: FETCH 1 BODY[1]<0.1>
S: * 1 FETCH (BODY[1]<0> $any)
S: OK

# BINARY gives a part without its transfer encoding, BINARY.SIZE how long it is (RFC 9051 section 6.4.5, RFC 3516 section 4.2).
@ mailbox INBOX attachments.eml
@ mailbox INBOX alternative.eml

C: EXAMINE INBOX
S: ...
S: OK
C: FETCH 1 (BINARY.SIZE[2] BINARY.SIZE[3])
S: * 1 FETCH (BINARY.SIZE[2] ${text} BINARY.SIZE[3] ${image})
S: OK
C: FETCH 1 BINARY[2]
S: * 1 FETCH (BINARY[2] $str"time,topic\r\n10:00,budget\r\n11:00,lunch\r\n")
S: OK
C: FETCH 1 BINARY.PEEK[2]<5.5>
S: * 1 FETCH (BINARY[2]<5> $str"topic")
S: OK
C: FETCH 1 BINARY.PEEK[3]
S: * 1 FETCH (BINARY[3] ~{${image}}{{\r\n\x89PNG\r\n\x1a\n[\s\S]*}})
S: OK
C: FETCH 1 BINARY.PEEK[3]<1.3>
S: * 1 FETCH (BINARY[3]<1> $str"PNG")
S: OK
C: FETCH 1 BINARY.PEEK[3]<9999.3>
S: * 1 FETCH (BINARY[3]<9999> "")
S: OK
C: FETCH 2 BINARY[1]
S: * 2 FETCH (BINARY[1] $str"Two exhibitions open this month: “Water” and “Glass”.")
S: OK

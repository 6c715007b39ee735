# A message that is appended is told to the session itself at once and to others at their next command (RFC 9051 section 6.3.12).
@ mailbox INBOX 1

a C: SELECT INBOX
a S: ...
a S: OK
b C: SELECT INBOX
b S: ...
b S: OK
a C: APPEND INBOX (\Seen) $file(plain.eml)
a S: * 2 EXISTS
[rev1] a S: ...
a S: OK [APPENDUID $nz 2]
b C: NOOP
b S: * 2 EXISTS
[rev1] b S: ...
b S: OK
b C: FETCH 2 BODY.PEEK[]
b S: * 2 FETCH (BODY[] $file(plain.eml))
b S: OK

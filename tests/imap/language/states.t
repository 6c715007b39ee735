# A language belongs to its connection: another one of the same user has its own (RFC 5255 section 3.2).
@ mailbox INBOX 1

C: LANGUAGE de
S: * LANGUAGE (de)
S: OK
other C: NOOP
other S: OK NOOP completed
C: SELECT INBOX
S: ...
S: OK [READ-WRITE] SELECT ausgeführt
C: LANGUAGE fr
S: * LANGUAGE (fr)
S: OK la langue est changée
other C: NOOP
other S: OK NOOP completed

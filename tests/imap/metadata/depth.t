# DEPTH 0, 1 and infinity: the entry if it exists, and those below it up to the depth; without DEPTH as with 0 (RFC 5464 section 4.2.2).
C: SETMETADATA INBOX (/private/a/b "1" /private/a/b/c "2" /private/a/b/c/d "3" /private/a/bc "4" /private/a/b-c "5")
S: OK
C: GETMETADATA INBOX /private/a/b
S: * METADATA INBOX (/private/a/b "1")
S: OK
C: GETMETADATA (DEPTH 0) INBOX /private/a/b
S: * METADATA INBOX (/private/a/b "1")
S: OK
C: GETMETADATA (DEPTH 1) INBOX /private/a/b
S: * METADATA INBOX (/private/a/b "1" /private/a/b/c "2")
S: OK
C: GETMETADATA (DEPTH INFINITY) INBOX /private/a/b
S: * METADATA INBOX (/private/a/b "1" /private/a/b/c "2" /private/a/b/c/d "3")
S: OK
C: GETMETADATA (DEPTH 1) INBOX /private/a
S: * METADATA INBOX (/private/a/b "1" /private/a/b-c "5" /private/a/bc "4")
S: OK
C: GETMETADATA (DEPTH infinity) INBOX (/private/a /private/a/b/c)
S: * METADATA INBOX (/private/a/b "1" /private/a/b-c "5" /private/a/b/c "2" /private/a/b/c/d "3" /private/a/bc "4")
S: OK
C: GETMETADATA (DEPTH 1) INBOX (/private/none)
S: OK

# Invalid entry names are BAD in both commands: "//", "/" at the end, "*", "%", octets that are control characters or not ASCII, no scope, too few
# levels (RFC 5464 sections 3.2 and 6).
C: SETMETADATA INBOX (/private//comment "x")
S: BAD
C: SETMETADATA INBOX (/private/comment/ "x")
S: BAD
C: SETMETADATA INBOX ("/private/com*ment" "x")
S: BAD
C: SETMETADATA INBOX ("/private/com%ment" "x")
S: BAD
C: SETMETADATA INBOX (/comment "x")
S: BAD
C: SETMETADATA INBOX (/private "x")
S: BAD
C: SETMETADATA INBOX (/shared "x")
S: BAD
C: SETMETADATA INBOX (comment "x")
S: BAD
C: SETMETADATA INBOX ("" "x")
S: BAD
C: SETMETADATA INBOX (/private/vendor/token "x")
S: BAD
C: SETMETADATA INBOX (/shared/vendor "x")
S: BAD
C: SETMETADATA INBOX (/privateer/x "x")
S: BAD
C: SETMETADATA INBOX (/shared/vendor/x/ "x")
S: BAD
C: SETMETADATA INBOX ($lit"/private/a\x01b" "x")
S: BAD
C: SETMETADATA INBOX ($lit"/private/\xc3\xa9" "x")
S: BAD
C: GETMETADATA INBOX /private//comment
S: BAD
C: GETMETADATA INBOX /private/comment/
S: BAD
C: GETMETADATA INBOX "/private/com*ment"
S: BAD
C: GETMETADATA INBOX "/private/com%ment"
S: BAD
C: GETMETADATA INBOX /comment
S: BAD
C: GETMETADATA INBOX comment
S: BAD
C: GETMETADATA INBOX (/private/comment "/a*")
S: BAD
C: GETMETADATA INBOX (DEPTH infinity) (/private /shared)
S: OK

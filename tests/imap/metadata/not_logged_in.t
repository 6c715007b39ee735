# Both commands only after log-in (RFC 5464 sections 4.2 and 4.3).
a CONNECT
a S: * OK
a C: GETMETADATA "" /shared/comment
a S: BAD
a C: SETMETADATA "" (/private/comment "x")
a S: BAD

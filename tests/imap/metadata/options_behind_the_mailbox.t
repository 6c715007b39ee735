# Options where the examples of RFC 5464 section 4.2 have them are understood, too (errata 2785, 2786, 3868).
C: SETMETADATA INBOX (/private/filters/values/small "SMALLER 5000" /private/filters/values/boss "FROM \"boss@example.com\"")
S: OK
C: GETMETADATA INBOX (DEPTH 1 MAXSIZE 100) (/private/filters/values)
S: * METADATA INBOX (/private/filters/values/boss "FROM \"boss@example.com\"" /private/filters/values/small "SMALLER 5000")
S: OK

# RETURN (METADATA ...) needs a list of valid entry names (RFC 9590 section 5).
C: LIST "" % RETURN (METADATA)
S: BAD
C: LIST "" % RETURN (METADATA /private/comment)
S: BAD
C: LIST "" % RETURN (METADATA ())
S: BAD
C: LIST "" % RETURN (METADATA (/private/*))
S: BAD

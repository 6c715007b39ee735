# METADATA and STATUS together, each response behind the LIST response (RFC 9590 section 3, RFC 5819).
@ mailbox a 2
C: LIST "" a RETURN (STATUS (MESSAGES) METADATA (/private/comment))
S: * LIST (\HasNoChildren) "/" a
S: * STATUS a (MESSAGES 2)
S: * METADATA a (/private/comment NIL)
S: OK

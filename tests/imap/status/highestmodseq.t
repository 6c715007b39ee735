# HIGHESTMODSEQ rises with every change, also in LIST RETURN (STATUS) (RFC 7162 section 3.1.7); it is never 0, not in an empty mailbox either.
@ mailbox empty
@ mailbox box 1
C: STATUS empty (HIGHESTMODSEQ)
S: * STATUS empty (HIGHESTMODSEQ $nz)
S: OK
C: LIST "" box RETURN (STATUS (MESSAGES UNSEEN UIDNEXT HIGHESTMODSEQ))
S: * LIST (\HasNoChildren) "/" box
S: * STATUS box (MESSAGES 1 UNSEEN 1 UIDNEXT 2 HIGHESTMODSEQ $nz)
S: OK

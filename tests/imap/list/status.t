# LIST RETURN (STATUS ...): a STATUS behind each LIST of a mailbox that can be selected (RFC 9051 section 6.3.9.2, RFC 5819).
@ mailbox box 2
C: CREATE up/down
S: OK
C: DELETE up
S: OK
C: LIST "" (box up%) RETURN (STATUS (MESSAGES UIDNEXT))
S: * LIST $any "/" box
S: * STATUS box (MESSAGES 2 UIDNEXT 3)
S: * LIST $has(\NonExistent) "/" up
S: OK
C: LIST (SUBSCRIBED RECURSIVEMATCH) "" nosuch RETURN (STATUS (MESSAGES))
S: OK
C: LIST "" box RETURN (STATUS (FOO))
S: BAD

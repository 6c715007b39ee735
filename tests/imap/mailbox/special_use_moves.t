# A use goes from an unused mailbox of the account's beginning to the one that a client creates for it, and stays there (RFC 6154 section 3).
C: CREATE Gesendet (USE (\Sent))
S: OK
C: LIST (SPECIAL-USE) "" (Sent Gesendet)
S: * LIST (\HasNoChildren \Sent) "/" Gesendet
S: OK
C: LIST "" Sent
S: * LIST (\HasNoChildren) "/" Sent
S: OK
C: CREATE more (USE (\Sent))
S: NO [USEATTR]

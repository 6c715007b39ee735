# All items of STATUS (RFC 9051 section 6.3.11), in the order asked for.
@ mailbox box plain.eml (\Seen)
@ mailbox box plain.eml (\Deleted)
C: STATUS box (MESSAGES UIDNEXT UIDVALIDITY UNSEEN DELETED SIZE APPENDLIMIT)
S: * STATUS box (MESSAGES 2 UIDNEXT 3 UIDVALIDITY $nz UNSEEN 1 DELETED 1 SIZE $nz APPENDLIMIT $nz)
S: OK
[rev1] C: STATUS box (RECENT)
[rev1] S: * STATUS box (RECENT 2)
[rev1] S: OK
[rev2] C: STATUS box (RECENT)
[rev2] S: BAD
C: STATUS box ()
S: BAD
C: STATUS box (FOO)
S: BAD
C: STATUS box MESSAGES
S: BAD
C: STATUS nowhere (MESSAGES)
S: NO [NONEXISTENT]
C: STATUS box (messages MESSAGES)
S: * STATUS box (MESSAGES 2)
S: OK

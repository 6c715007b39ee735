# A mailbox made again under an old name has another UIDVALIDITY or higher UIDs (RFC 9051 section 6.3.4).
@ mailbox box 2
C: STATUS box (UIDVALIDITY)
S: * STATUS box (UIDVALIDITY ${first})
S: OK
C: DELETE box
S: OK
C: CREATE box
S: OK
C: STATUS box (UIDVALIDITY UIDNEXT)
S: * STATUS box (UIDVALIDITY {{(?!${first} )\d+}} UIDNEXT $nz)
S: OK

# Without SELECTED nothing is told of the selected mailbox, as with SELECTED NONE, even if another group names it (RFC 5465 section 3.1); what
# the client does itself is. NOTIFY SET brings what has accumulated.
@ mailbox a 2
a C: SELECT a
a S: ...
a S: OK
a C: NOTIFY SET (mailboxes (a INBOX) (MessageNew MessageExpunge FlagChange))
a S: OK
b C: APPEND a $lit+"x"
b S: OK
b C: APPEND INBOX $lit+"x"
b S: OK
a S: * STATUS INBOX (MESSAGES 1 UIDNEXT 2 UIDVALIDITY $nz UNSEEN 1)
a NONE
a C: NOTIFY SET (selected NONE) (personal NONE)
a S: * 3 EXISTS
a S: ...
a S: OK
b C: APPEND a $lit+"x"
b S: OK
a NONE
a C: UID STORE 1 +FLAGS (\Deleted)
a S: ...
a S: * 1 FETCH {{\(.*\\Deleted.*\)}}
a S: ...
a S: OK
a C: EXPUNGE
a S: * 1 EXPUNGE
a S: ...
a S: OK

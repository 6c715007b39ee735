# MailboxName: LIST of a mailbox that was created or deleted, and of its direct parent; OLDNAME after RENAME, for the one mailbox that was renamed
# (RFC 5465 section 5.4).
a C: NOTIFY SET (personal (MailboxName))
a S: OK
b C: CREATE a/b/c
b S: OK
a S: * LIST (\HasChildren) "/" a
a S: * LIST (\HasChildren) "/" a/b
a S: * LIST (\HasNoChildren) "/" a/b/c
b C: CREATE a/d
b S: OK
a S: * LIST (\HasNoChildren) "/" a/d
a S: * LIST (\HasChildren) "/" a
b C: DELETE a/d
b S: OK
a S: * LIST {{\(.*\\NonExistent.*\)}} "/" a/d
a S: * LIST (\HasChildren) "/" a
b C: DELETE a/b
b S: OK
a S: * LIST $set(\NonExistent \HasChildren) "/" a/b
a S: * LIST (\HasChildren) "/" a
b C: RENAME a z
b S: ...
b S: OK
a S: * LIST (\HasChildren) "/" z ("OLDNAME" (a))
b C: RENAME INBOX old
b S: ...
b S: OK
a S: * LIST (\HasNoChildren) "/" old ("OLDNAME" (INBOX))
a NONE

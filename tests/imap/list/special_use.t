# The special-use mailboxes exist from the start, and every LIST names their use (RFC 6154).
C: LIST "" *
S~ * LIST $any "/" INBOX
S~ * LIST $has(\Drafts) "/" Drafts
S~ * LIST $has(\Sent) "/" Sent
S~ * LIST $has(\Trash) "/" Trash
S~ * LIST $has(\Junk) "/" Junk
S~ * LIST $has(\Archive) "/" Archive
S: OK
C: LIST (SPECIAL-USE) "" %
S~ * LIST $has(\Drafts) "/" Drafts
S~ * LIST $has(\Sent) "/" Sent
S~ * LIST $has(\Trash) "/" Trash
S~ * LIST $has(\Junk) "/" Junk
S~ * LIST $has(\Archive) "/" Archive
S: OK
C: LIST "" INBOX RETURN (SPECIAL-USE)
S: * LIST $any "/" INBOX
S: OK

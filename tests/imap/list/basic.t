# LIST with reference, wildcards and the root (RFC 9051 section 6.3.9).
C: CREATE Fruit/Apple
S: OK
C: CREATE Fruit/Banana
S: OK
C: LIST "" ""
S: * LIST (\Noselect) "/" ""
S: OK
C: LIST "" INBOX
S: * LIST $has(\HasNoChildren) "/" INBOX
S: OK
C: LIST "" inb%
S: * LIST $any "/" INBOX
S: OK
C: LIST Fruit/ %
S~ * LIST $any "/" Fruit/Apple
S~ * LIST $any "/" Fruit/Banana
S: OK
C: LIST "" Fruit*
S~ * LIST $has(\HasChildren) "/" Fruit
S~ * LIST $has(\HasNoChildren) "/" Fruit/Apple
S~ * LIST $has(\HasNoChildren) "/" Fruit/Banana
S: OK
C: LIST "" F%/B%
S: * LIST $any "/" Fruit/Banana
S: OK
C: LIST "" nothing%here
S: OK

# The attributes Memos, Snoozed and Scheduled have no backslash (RFC 9979 section 9.2); CREATE takes them as special uses (RFC 6154 section 3),
# with a backslash, too. Snoozed and Scheduled are for servers that bring messages back and send them by themselves: none are given here.
C: CREATE s (USE (Snoozed))
S: NO [USEATTR]
C: CREATE s (USE (\Scheduled))
S: NO [USEATTR]
C: CREATE notes (USE (memos))
S: OK
C: LIST "" notes
S: * LIST $has(Memos) "/" notes
S: OK
C: LIST (SPECIAL-USE) "" *
S~ * LIST $has(Memos) "/" notes
S~ ...
S: OK
C: CREATE other (USE (Sent))
S: BAD
C: CREATE other (USE (\Sleepy))
S: NO [USEATTR]
C: CREATE both (USE (Memos Foo))
S: BAD
C: RENAME notes t
S: OK
C: LIST "" t
S: * LIST $has(Memos) "/" t
S: OK
C: DELETE t
S: OK
C: CREATE again (USE (\Memos))
S: OK
C: LIST "" again
S: * LIST $has(Memos) "/" again
S: OK

# The keywords of RFC 9979 section 9.1 are kept, found and shared by all sessions, like any keyword; the server sets and clears none by itself (but see exclusive.t).
@ mailbox INBOX 1
a C: SELECT INBOX
a S: ...
a S: OK
b C: SELECT INBOX
b S: ...
b S: OK
a C: STORE 1 FLAGS ($autosent $canunsubscribe $followed $hasattachment $hasmemo $imported $istrusted $MailFlagBit0 $MailFlagBit1 $MailFlagBit2 $maskedemail $new $notify $unsubscribed \Flagged)
a S: ...
a S: * 1 FETCH ($any)
a S: OK
b C: NOOP
b S: ...
b S: * 1 FETCH ($any)
b S: OK
b C: FETCH 1 (FLAGS)
b S: * 1 FETCH (FLAGS $has($autosent $canunsubscribe $followed $hasattachment $hasmemo $imported $istrusted $MailFlagBit0 $MailFlagBit1 $MailFlagBit2 $maskedemail $new $notify $unsubscribed \Flagged))
b S: OK
b C: STORE 1 -FLAGS ($new \Flagged $hasattachment)
b S: ...
b S: OK
b C: STORE 1 +FLAGS ($hasnoattachment)
b S: ...
b S: OK
b C: STORE 1 -FLAGS ($hasmemo $followed)
b S: ...
b S: OK
b C: STORE 1 +FLAGS ($memo $muted)
b S: ...
b S: OK
b C: SEARCH RETURN (ALL) KEYWORD $memo KEYWORD $muted KEYWORD $hasnoattachment KEYWORD $MailFlagBit0 UNKEYWORD $new UNKEYWORD $hasmemo
b S: * ESEARCH (TAG $any) ALL 1
b S: OK

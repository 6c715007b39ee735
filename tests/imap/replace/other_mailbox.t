# The message may go to another mailbox than the selected one (RFC 8508 section 3.4): a draft becomes a sent message.
@ mailbox Drafts draft.eml (\Draft)
@ mailbox Sent 1
a C: SELECT Drafts
a S: ...
a S: OK
b C: SELECT Sent
b S: ...
b S: OK
a C: REPLACE * Sent (\Seen) <<
> Subject: sent
>
> text
a S: * OK [APPENDUID ${validity} 2] $text
a S: * 1 EXPUNGE
[rev1] a S: * 0 RECENT
a S: OK
b C: NOOP
b S: ...
b S: * 2 EXISTS
b S: ...
b S: OK
b C: FETCH 2 (UID FLAGS BODY.PEEK[TEXT])
b S: * 2 FETCH $items(UID 2, FLAGS $has(\Seen), BODY[TEXT] $str"text\r\n")
b S: OK
a C: STATUS Sent (MESSAGES UIDVALIDITY)
a S: * STATUS Sent (MESSAGES 2 UIDVALIDITY ${validity})
a S: OK
a C: STATUS Drafts (MESSAGES)
a S: * STATUS Drafts (MESSAGES 0)
a S: OK

# A message is made of texts and of what URLs mean, in their order; none of the messages becomes \Seen and the selected mailbox stays (RFC 4469 section 3).
@ needs CATENATE
@ mailbox INBOX
@ mailbox Drafts attachments.eml
@ mailbox Other plain.eml
C: STATUS Drafts (UIDVALIDITY)
S: * STATUS Drafts (UIDVALIDITY ${validity})
S: OK
C: SELECT INBOX
S: ...
S: OK
C: APPEND INBOX (\Seen \Draft $MDNSent) "17-Jul-1996 02:44:25 -0700" CATENATE (URL "/Drafts;UIDVALIDITY=${validity}/;UID=1/;section=HEADER" TEXT $lit"--mixed-1\r\n" URL /Drafts/;UID=1/;SECTION=2.MIME URL /Drafts/;UID=1/;SECTION=2 TEXT $lit+"\r\n--mixed-1\r\nContent-Type: message/rfc822\r\n\r\n" URL "Other/;UID=1" TEXT $lit"\r\n--mixed-1--\r\n")
S: * 1 EXISTS
S: ...
S: OK [APPENDUID $nz 1]
C: FETCH 1 (INTERNALDATE BODY.PEEK[HEADER.FIELDS (Subject)] BODY.PEEK[1] BODY.PEEK[2])
S: * 1 FETCH (INTERNALDATE "17-Jul-1996 02:44:25 -0700" BODY[HEADER.FIELDS (Subject)] $str"Subject: Minutes and a picture\r\n\r\n" BODY[1] $str"dGltZSx0b3BpYwoxMDowMCxidWRnZXQKMTE6MDAsbHVuY2gK" BODY[2] $file(plain.eml))
S: OK
C: FETCH 1 BODYSTRUCTURE
S: * 1 FETCH (BODYSTRUCTURE (("text" "csv" $any)("message" "rfc822" $any) "mixed" $any))
S: OK
C: STATUS Drafts (UNSEEN)
S: * STATUS Drafts (UNSEEN 1)
S: OK
NONE

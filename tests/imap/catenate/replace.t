# REPLACE takes CATENATE: a draft with another text, in one step with the removal of the old one (RFC 8508 section 3.1, RFC 4469 appendix A example 2).
@ needs CATENATE REPLACE
@ mailbox Drafts attachments.eml (\Draft)
C: SELECT Drafts
S: ...
S: OK
C: UID REPLACE 1 Drafts (\Draft) CATENATE (TEXT $lit"Subject: new\r\n" URL ";UID=1/;SECTION=HEADER.FIELDS%20(MIME-Version%20Content-Type)" TEXT $lit"--mixed-1\r\n\r\nnew text\r\n--mixed-1\r\n" URL "/Drafts/;UID=1/;SECTION=3.MIME" URL "/Drafts/;UID=1/;SECTION=3" TEXT $lit+"\r\n--mixed-1--\r\n")
S: * OK [APPENDUID $nz 2] $any
S: ...
S: * 1 EXPUNGE
S: ...
S: OK
C: UID FETCH 2 (FLAGS BODY.PEEK[1] BODY.PEEK[2.MIME])
S: * 1 FETCH (UID 2 FLAGS $has(\Draft) BODY[1] $str"new text" BODY[2.MIME] {{(?s:.*image/png.*)}})
S: OK
C: UID REPLACE 2 Drafts CATENATE (URL ";UID=2")
S: * OK [APPENDUID $nz 3] $any
S: ...
S: OK
C: UID REPLACE 3 Drafts CATENATE (URL ";UID=1")
S: NO [BADURL ;UID=1] $any
C: UID REPLACE 3 Drafts CATENATE (URL ";UID=3") CATENATE (URL ";UID=3")
S: BAD
C: UID REPLACE 3 Drafts CATENATE (TEXT $lit+"a") $lit+"b"
S: BAD
C: STATUS Drafts (MESSAGES UIDNEXT)
S: * STATUS Drafts (MESSAGES 1 UIDNEXT 4)
S: OK

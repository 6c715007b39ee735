# Where no text can be made of a message, PREVIEW is "", with LAZY too, and never NIL without LAZY (RFC 8970 section 3.2).
@ mailbox INBOX empty_body.eml
@ mailbox INBOX empty_multipart_digest.eml
@ mailbox INBOX headers_only.eml
@ mailbox INBOX empty_multipart.eml
C: SELECT INBOX
S: ...
S: OK
C: APPEND INBOX <<
> Subject: a picture
> MIME-Version: 1.0
> Content-Type: image/png
> Content-Transfer-Encoding: base64
>
> iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJ
S: ...
S: OK
C: FETCH 1:5 PREVIEW
S: * 1 FETCH (PREVIEW "")
S: * 2 FETCH (PREVIEW "")
S: * 3 FETCH (PREVIEW "")
S: * 4 FETCH (PREVIEW "")
S: * 5 FETCH (PREVIEW "")
S: OK
C: FETCH 1:5 PREVIEW (LAZY)
S: * 1 FETCH (PREVIEW "")
S: * 2 FETCH (PREVIEW "")
S: * 3 FETCH (PREVIEW "")
S: * 4 FETCH (PREVIEW "")
S: * 5 FETCH (PREVIEW "")
S: OK

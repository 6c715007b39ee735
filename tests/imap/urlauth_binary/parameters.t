# BODY, BINARY, BODYPARTSTRUCTURE: octets with and without transfer encoding, and what they are as they are given (RFC 5524 sections 3 and 4).
@ needs URLAUTH=BINARY
@ mailbox INBOX attachments.eml
C: GENURLAUTH "imap://${user}@localhost/INBOX/;UID=1/;SECTION=2;URLAUTH=anonymous" INTERNAL
S: * GENURLAUTH {{"?}}${url}{{"?}}
S: OK
C: URLFETCH (${url} BODY) (${url} BINARY) (${url}) ${url}
S: * URLFETCH $str"${url}" (BODY $nstr"dGltZSx0b3BpYwoxMDowMCxidWRnZXQKMTE6MDAsbHVuY2gK")
S: * URLFETCH $str"${url}" (BINARY $nstr"time,topic\r\n10:00,budget\r\n11:00,lunch\r\n")
S: * URLFETCH $str"${url}" $nstr"dGltZSx0b3BpYwoxMDowMCxidWRnZXQKMTE6MDAsbHVuY2gK"
S: * URLFETCH $str"${url}" $nstr"dGltZSx0b3BpYwoxMDowMCxidWRnZXQKMTE6MDAsbHVuY2gK"
S: OK
C: URLFETCH (${url} BODYPARTSTRUCTURE) (${url} bodypartstructure body) (${url} BINARY BODYPARTSTRUCTURE)
S: * URLFETCH $str"${url}" (BODYPARTSTRUCTURE ("text" "csv" ($any) NIL "the minutes" "base64" 48 {{[01]}} $any))
S: * URLFETCH $str"${url}" (BODYPARTSTRUCTURE ("text" "csv" ($any) NIL "the minutes" "base64" 48 {{[01]}} $any)) (BODY $nstr"dGltZSx0b3BpYwoxMDowMCxidWRnZXQKMTE6MDAsbHVuY2gK")
S: * URLFETCH $str"${url}" (BODYPARTSTRUCTURE ("text" "csv" ($any) NIL "the minutes" "BINARY" 39 3 $any)) (BINARY $nstr"time,topic\r\n10:00,budget\r\n11:00,lunch\r\n")
S: OK
C: URLFETCH (${url} BODY BINARY)
S: BAD
C: URLFETCH (${url} BODY BODY)
S: BAD
C: URLFETCH (${url} BODYPARTSTRUCTURE BODYPARTSTRUCTURE)
S: BAD

# 7bit, 8bit, binary, quoted-printable and base64 are understood; where there is nothing to decode the structure keeps its encoding (RFC 5524 section 3.2).
@ needs URLAUTH=BINARY
@ mailbox INBOX
C: APPEND INBOX $lit8"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nseven\r\n--b\r\nContent-Transfer-Encoding: 8bit\r\n\r\n\xc3\xa9\r\n--b\r\nContent-Type: a/b\r\nContent-Transfer-Encoding: binary\r\n\r\n\0\r\n--b\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n=41=\r\nB\r\n--b--\r\n"
S: OK
C: GENURLAUTH "imap://${user}@h/INBOX/;UID=1/;SECTION=1;URLAUTH=anonymous" INTERNAL "imap://${user}@h/INBOX/;UID=1/;SECTION=2;URLAUTH=anonymous" INTERNAL "imap://${user}@h/INBOX/;UID=1/;SECTION=3;URLAUTH=anonymous" INTERNAL "imap://${user}@h/INBOX/;UID=1/;SECTION=4;URLAUTH=anonymous" INTERNAL
S: * GENURLAUTH {{"?}}${seven}{{"?}} {{"?}}${eight}{{"?}} {{"?}}${binary}{{"?}} {{"?}}${qp}{{"?}}
S: OK
C: URLFETCH (${seven} BINARY BODYPARTSTRUCTURE) (${eight} BINARY BODYPARTSTRUCTURE) (${binary} BINARY BODYPARTSTRUCTURE) (${qp} BINARY BODYPARTSTRUCTURE)
S: * URLFETCH $str"${seven}" (BODYPARTSTRUCTURE ($any "7bit" 5 0 $any)) (BINARY $nstr"seven")
S: * URLFETCH $str"${eight}" (BODYPARTSTRUCTURE ($any "8bit" 2 0 $any)) (BINARY $lit"\xc3\xa9")
S: * URLFETCH $str"${binary}" (BODYPARTSTRUCTURE ("a" "b" $any "binary" 1 $any)) (BINARY $lit8"\0")
S: * URLFETCH $str"${qp}" (BODYPARTSTRUCTURE ($any "BINARY" 2 0 $any)) (BINARY $nstr"AB")
S: OK

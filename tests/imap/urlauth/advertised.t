# CAPABILITY has URLAUTH and URLAUTH=BINARY after log-in; before it the commands are BAD (RFC 4467 section 9 command-auth).
C: CAPABILITY
S: * CAPABILITY {{.* URLAUTH URLAUTH=BINARY .*}}
S: OK
new CONNECT
new S: * OK [CAPABILITY {{(?!.*URLAUTH).*}}] $any
new C: URLFETCH "imap://u@h/INBOX/;UID=1;URLAUTH=anonymous:INTERNAL:00000000000000000000000000000000"
new S: BAD
new C: RESETKEY
new S: BAD

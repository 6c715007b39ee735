# GENURLAUTH is BAD for what is no URL of a message of the user's own, existing mailbox with an access identifier; all or nothing (RFC 4467 section 7).
@ needs URLAUTH
@ users 2
@ mailbox INBOX 1
C: GENURLAUTH "imap://${user}@localhost/INBOX/;uid=1/;section=1.2" INTERNAL
S: BAD
C: GENURLAUTH "imap://localhost/INBOX/;uid=1;urlauth=submit+fred" INTERNAL
S: BAD
C: GENURLAUTH "imap://;AUTH=*@localhost/INBOX/;uid=1;urlauth=submit+fred" INTERNAL
S: BAD
C: GENURLAUTH "imap://${user2}@localhost/INBOX/;uid=1;urlauth=anonymous" INTERNAL
S: BAD {{.*another user}}
C: GENURLAUTH "imap://nobody.at.all@localhost/INBOX/;uid=1;urlauth=anonymous" INTERNAL
S: BAD {{.*another user}}
C: GENURLAUTH "imap://${user}@localhost/Nowhere/;uid=1;urlauth=anonymous" INTERNAL
S: BAD
C: GENURLAUTH "imap://${user}@localhost/INBOX;UIDVALIDITY=1/;uid=1;urlauth=anonymous" INTERNAL
S: BAD
C: GENURLAUTH "imap://${user}@localhost/INBOX" INTERNAL
S: BAD
C: GENURLAUTH "imap://${user}@localhost/" INTERNAL
S: BAD
C: GENURLAUTH "/INBOX/;uid=1;urlauth=anonymous" INTERNAL
S: BAD
C: GENURLAUTH "imap://${user}@localhost/INBOX/;uid=1;urlauth=root" INTERNAL
S: BAD
C: GENURLAUTH "imap://${user}@localhost/INBOX/;uid=1;urlauth=user+" INTERNAL
S: BAD
C: GENURLAUTH "imap://${user}@localhost/INBOX/;uid=1;urlauth=anonymous:internal:91354a473744909de610943775f92038" INTERNAL
S: BAD
C: GENURLAUTH "imap://${user}@localhost/INBOX/;uid=1;urlauth=anonymous" XSAMPLE
S: BAD
C: GENURLAUTH "imap://${user}@localhost/INBOX/;uid=1;urlauth=anonymous"
S: BAD
C: GENURLAUTH
S: BAD
C: GENURLAUTH "imap://${user}@localhost/INBOX/;uid=1;urlauth=anonymous" INTERNAL "x" INTERNAL
S: BAD
C: GENURLAUTH "imap://${user}@localhost/INBOX/;uid=1;urlauth=user+nobody.at.all" INTERNAL
S: * GENURLAUTH {{"?}}${void}{{"?}}
S: OK
C: URLFETCH ${void}
S: * URLFETCH $str"${void}" NIL
S: OK

# IANA's keywords (RFC 5788) and those in wide use without registration are kept as they are, whatever they are for: $MDNSent (RFC 3503),
# $Forwarded, $SubmitPending, $Submitted (RFC 5550), $Junk, $NotJunk, $Phishing (RFC 9051 section 2.3.2), $Important (RFC 8457). They compare
# without case (RFC 9979 section 9.1); the system flags' JMAP names are keywords like others.
@ mailbox INBOX 1

C: SELECT INBOX
S: ...
S: * OK [PERMANENTFLAGS {{\(.*\\\*\)}}]
S: ...
S: OK
C: STORE 1 FLAGS.SILENT ($MDNSent $Forwarded $SubmitPending $Submitted $Junk $NotJunk $Phishing $Important $draft $seen $recent)
S: ...
S: OK
C: STORE 1 +FLAGS.SILENT (Junk NonJunk JunkRecorded NotJunk $label1 $label5 Redirected $ATTACHMENT Forwarded $ignored $watched)
S: ...
S: OK
C: FETCH 1 (FLAGS)
S: * 1 FETCH (FLAGS $has($MDNSent $Forwarded $SubmitPending $Submitted $Junk $NotJunk $Phishing $Important $draft $seen $recent Junk NonJunk JunkRecorded NotJunk $label1 $label5 Redirected $ATTACHMENT Forwarded $ignored $watched))
S: OK
C: SEARCH RETURN (ALL) KEYWORD $mdnsent KEYWORD $FORWARDED KEYWORD $junk KEYWORD $LABEL1 UNSEEN UNDRAFT UNKEYWORD $flagged
S: * ESEARCH (TAG $any) ALL 1
S: OK
C: STORE 1 -FLAGS.SILENT ($JUNK $notjunk $important)
S: OK
C: SEARCH RETURN (COUNT) OR KEYWORD $Junk OR KEYWORD $NotJunk KEYWORD $Important
S: * ESEARCH (TAG $any) COUNT 0
S: OK

# A SEARCH that takes long says in untagged OKs how far it is, with its tag; the goal stays the same, and is left out where only some messages are looked at (RFC 9585 section 4). The interval is set so short that every search of several slices of time is long.
@ config imap = { progress_interval = "1ms"; };
@ mailbox INBOX 5

C: CAPABILITY
S: * CAPABILITY $any INPROGRESS $any
S: OK
C: SELECT INBOX
S: ...
S: OK
C: COPY 1:* INBOX
S: ...
S: OK
C: COPY 1:* INBOX
S: ...
S: OK
C: COPY 1:* INBOX
S: ...
S: OK
C: COPY 1:* INBOX
S: ...
S: OK
C: COPY 1:* INBOX
S: ...
S: OK
C: COPY 1:* INBOX
S: ...
S: OK
C: COPY 1:* INBOX
S: ...
S: OK
C: COPY 1:* INBOX
S: ...
S: OK
C: COPY 1:* INBOX
S: ...
S: OK
C: COPY 1:* INBOX
S: ...
S: OK
C: COPY 1:* INBOX
S: ...
S: OK
C: COPY 1:* INBOX
S: ...
S: OK
C: COPY 1:* INBOX
S: ...
S: OK
C= slow SEARCH RETURN (COUNT) TEXT "no such text anywhere"
S: * OK [INPROGRESS ("slow" $nz 40960)] $text
S: ...
S: * ESEARCH (TAG "slow") COUNT 0
S: slow OK
C= s]ow SEARCH RETURN (COUNT) TEXT "no such text anywhere"
S: * OK [INPROGRESS (NIL $nz 40960)] $text
S: ...
S: * ESEARCH (TAG "s]ow") COUNT 0
S: {{s.ow OK .*}}
C= some SEARCH RETURN (COUNT) UID 2:40960 TEXT "no such text anywhere"
S: * OK [INPROGRESS ("some" $nz NIL)] $text
S: ...
S: * ESEARCH (TAG "some") COUNT 0
S: some OK
C= all ESEARCH IN (personal) RETURN (COUNT) TEXT "no such text anywhere"
S: * OK [INPROGRESS ("all" $nz NIL)] $text
S: ...
S: all OK

# Without MESSAGELIMIT, SAVELIMIT is advertised and holds for COPY and APPEND alone (RFC 9738 section 3).
@ config limits = { messages = 0; saved_messages = 1000; };
@ mailbox INBOX 5
@ mailbox Other

C: CAPABILITY
S! * CAPABILITY $any MESSAGELIMIT
S: * CAPABILITY $any SAVELIMIT=1000$any
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
C: COPY 1:1001 Other
S: NO [MESSAGELIMIT 1000 2] $text
C: UID STORE 1:* +FLAGS.SILENT (\Seen)
S: OK UID STORE completed
C: UID SEARCH RETURN (COUNT) SEEN
S: * ESEARCH (TAG $any) UID COUNT 1280
S: OK UID SEARCH completed

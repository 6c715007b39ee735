# A client that has shown no awareness gets no MODSEQ (RFC 7162 section 3.1).
@ mailbox INBOX 1
@ rev rev1

C: SELECT INBOX
S: ...
S: OK
C: STORE 1 +FLAGS (\Seen)
S: * 1 FETCH (FLAGS $has(\Seen))
S: OK
C: STORE 1 -FLAGS.SILENT (\Seen)
S: OK

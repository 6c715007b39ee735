# What is missing or wrong is named with its place; nothing is appended.
@ mailbox INBOX

C= t1 APPEND
S: t1 BAD $any
C= t2 APPEND INBOX
S: t2 BAD {{.*}}position $any
C= t3 APPEND INBOX (\\Seen)
S: t3 BAD {{.*}}position $any
C= t4 APPEND INBOX "not a literal"
S: t4 BAD $any
C= t5 APPEND INBOX (\\Recent) {5}
S: t5 BAD $any
C= t6 APPEND INBOX (\\Seen {5}
S: t6 BAD $any
C= t7 APPEND INBOX FOO {5}
S: t7 BAD {{.*}}a message as a literal{{.*}}
C= t8 APPEND INBOX {5
S: t8 BAD $any
C= t9 APPEND INBOX {-5}
S: t9 BAD $any
C= u1 APPEND {3+}\r\na\x00b {5}
S: u1 BAD $any
C: STATUS INBOX (MESSAGES)
S: * STATUS INBOX (MESSAGES 0)
S: OK

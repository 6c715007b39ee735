# Dates that are none are BAD with the place (RFC 9051 section 9, date-time).
@ mailbox INBOX

C= t1 APPEND INBOX "30-Feb-2024 00:00:00 +0000" {5}
S: t1 BAD {{.*}}date-time{{.*}}
C= t2 APPEND INBOX "1-Feb-2024 00:00:00 +0000" {5}
S: t2 BAD {{.*}}date-time{{.*}}
C= t3 APPEND INBOX "01-Feb-2024 25:00:00 +0000" {5}
S: t3 BAD {{.*}}date-time{{.*}}
C= t4 APPEND INBOX "01-Feb-2024 00:00:00" {5}
S: t4 BAD {{.*}}date-time{{.*}}
C= t5 APPEND INBOX "yesterday" {5+}\r\nhello
S: t5 BAD {{.*}}date-time{{.*}}
C= t6 APPEND INBOX "29-Feb-2024 23:59:60 +0000" {8+}\r\nA: b\r\n\r\n
S: t6 {{(OK|BAD)}} $any
C: NOOP
S: OK

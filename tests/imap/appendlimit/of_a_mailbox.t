# A mailbox has a lower limit of its own by an annotation; STATUS and LIST tell it, CAPABILITY says that limits differ, APPEND and CATENATE keep to it (RFC 7889 sections 2 to 4).
@ needs METADATA CATENATE
@ mailbox INBOX 1
@ mailbox small
C: STATUS small (APPENDLIMIT)
S: * STATUS small (APPENDLIMIT ${all})
S: OK
C: CAPABILITY
S: * CAPABILITY {{.* APPENDLIMIT=[0-9]+ .*}}
S: OK
C: SETMETADATA small (/shared/vendor/starling/append-limit "x")
S: NO [CANNOT] $any
C: SETMETADATA small (/shared/vendor/starling/append-limit "4294967296")
S: NO [CANNOT] $any
C: SETMETADATA small (/shared/vendor/starling/append-limit "20")
S: OK
C: GETMETADATA small /shared/vendor/starling/append-limit
S: * METADATA small (/shared/vendor/starling/append-limit $str"20")
S: OK
C: STATUS small (APPENDLIMIT MESSAGES)
S: * STATUS small $items(APPENDLIMIT 20, MESSAGES 0)
S: OK
C: LIST "" small RETURN (STATUS (APPENDLIMIT))
S: * LIST ($any) "/" small
S: * STATUS small (APPENDLIMIT 20)
S: OK
C: STATUS INBOX (APPENDLIMIT)
S: * STATUS INBOX (APPENDLIMIT ${all})
S: OK
C: CAPABILITY
S: * CAPABILITY {{.* APPENDLIMIT .*}}
S: OK
C= t1 APPEND small {21}
S: t1 NO [TOOBIG] $any
C= t2 APPEND small CATENATE (URL "/INBOX/;UID=1/;PARTIAL=0.10" TEXT {11}
S: t2 NO [TOOBIG] $any
C: APPEND small CATENATE (URL "/INBOX/;UID=1/;PARTIAL=0.21")
S: NO [TOOBIG] $any
C: APPEND small $lit+"X: 3456789 12345678\r\n"
S: NO [TOOBIG] $any
C: APPEND small $lit"X: 3456789 1234567\r\n"
S: OK
C: RENAME small other
S: OK
C: STATUS other (APPENDLIMIT)
S: * STATUS other (APPENDLIMIT 20)
S: OK
C: SETMETADATA other (/shared/vendor/starling/append-limit "0")
S: OK
C= t3 APPEND other {1}
S: t3 NO [TOOBIG] $any
C: SETMETADATA other (/shared/vendor/starling/append-limit NIL)
S: OK
C: STATUS other (APPENDLIMIT)
S: * STATUS other (APPENDLIMIT ${all})
S: OK
C: APPEND other $file(plain.eml)
S: OK

# LANGUAGE is valid before log-in, and is in the greeting's capabilities (RFC 5255 section 3.1); errors of the log-in are translated.

main CONNECT
S: * OK [CAPABILITY {{.* LANGUAGE.*}}] $text
C: LANGUAGE de
S: * LANGUAGE (de)
S: OK Sprache gewechselt
C: SELECT INBOX
S: BAD SELECT ist vor der Anmeldung nicht erlaubt
C: LOGIN ${user} wrong
S: NO [AUTHENTICATIONFAILED] Die Anmeldung ist fehlgeschlagen.
C: LOGOUT
S: * BYE Abmeldung
S: OK LOGOUT ausgeführt
CLOSED

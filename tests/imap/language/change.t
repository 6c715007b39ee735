# The LANGUAGE response names the language, text changes from there on; i-default is the beginning and "default" leads back (RFC 5255 sections 3.1 to 3.3).
@ mailbox INBOX 1

C: NOOP
S: OK NOOP completed
C: LANGUAGE de
S: * LANGUAGE (de)
S: OK Sprache gewechselt
C: SELECT INBOX
S: ...
S: * OK [UIDNEXT 2] nächste UID
S: ...
S: OK [READ-WRITE] SELECT ausgeführt
C: FOO
S: BAD unbekannter Befehl "FOO"
C: STORE 1 FLAGS
S: BAD STORE: erwartet wurde ein Leerzeichen an Stelle {{[0-9]+}}, die Zeile ist dort zu Ende
C: STATUS none (MESSAGES)
S: NO [NONEXISTENT] kein solches Postfach
C: LANGUAGE fr
S: * LANGUAGE (fr)
S: OK la langue est changée
C: NOOP
S: OK NOOP terminé
C: LANGUAGE es
S: * LANGUAGE (es)
S: OK el idioma ha cambiado
C: NOOP
S: OK NOOP completado
C: LANGUAGE en
S: * LANGUAGE (en)
S: OK the language is changed
C: LANGUAGE de
S: * LANGUAGE (de)
S: OK Sprache gewechselt
C: LANGUAGE "default"
S: * LANGUAGE (i-default)
S: OK the language is changed
C: NOOP
S: OK NOOP completed
C: LOGOUT
S: * BYE logging out
S: OK
CLOSED

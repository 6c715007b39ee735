# The first range that is supported wins, by look-up: de-AT finds de; a language that is not there is a NO and changes nothing (RFC 5255 section 3.2).

C: LANGUAGE FR-CA EN-CA
S: * LANGUAGE (fr)
S: OK la langue est changée
C: LANGUAGE tlh zh-Hant-TW de-IT fr
S: * LANGUAGE (de)
S: OK Sprache gewechselt
C: LANGUAGE MUL
S: NO keine dieser Sprachen wird unterstützt
C: NOOP
S: OK NOOP ausgeführt
C: LANGUAGE $lit"es"
S: * LANGUAGE (es)
S: OK el idioma ha cambiado
C: LANGUAGE "*"
S: * LANGUAGE (i-default)
S: OK

# Without arguments LANGUAGE lists what there is, i-default among it, and changes nothing (RFC 5255 sections 3.1, 3.2 and 3.3).

C: LANGUAGE
S: * LANGUAGE (i-default en de fr es)
S: OK supported languages are listed
C: NOOP
S: OK NOOP completed

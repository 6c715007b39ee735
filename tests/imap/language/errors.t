# What is no language-range is a BAD (RFC 5255 section 3.5).

C: LANGUAGE "de_AT"
S: BAD
C: LANGUAGE ""
S: BAD
C: LANGUAGE de-
S: BAD
C: LANGUAGE (de)
S: BAD
C: LANGUAGE de 
S: BAD
C: NOOP
S: OK NOOP completed

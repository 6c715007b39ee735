# No comparator matches: NO [BADCOMPARATOR], nothing changes; what is no collation-order is a BAD (RFC 5255 sections 4.7, 4.9 and 4.10; RFC 4790 section 3.2).

C: SELECT INBOX
S: ...
S: OK
C: COMPARATOR i;basic "cz;*"
S: NO [BADCOMPARATOR] $any
C: COMPARATOR -i;octet
S: NO [BADCOMPARATOR] $any
C: COMPARATOR ""
S: BAD
C: COMPARATOR "i octet"
S: BAD
C: COMPARATOR (i;octet)
S: BAD
C: COMPARATOR "i;**"
S: BAD
C: COMPARATOR 1;octet
S: BAD
C: COMPARATOR i;xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
S: BAD
C: COMPARATOR i;xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
S: NO [BADCOMPARATOR] $any
C: COMPARATOR
S: * COMPARATOR i;unicode-casemap
S: OK
C: COMPARATOR +I;OCTET
S: * COMPARATOR i;octet
S: OK
C: UNSELECT
S: OK
C: COMPARATOR
S: * COMPARATOR i;octet
S: OK

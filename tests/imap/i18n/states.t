# I18NLEVEL=1 and I18NLEVEL=2 after log-in, and not before; COMPARATOR is not valid before it (RFC 5255 sections 4.3, 4.4 and 4.7; RFC 5256 section 7).

early CONNECT
early S: * OK $any
early C: CAPABILITY
early S: * CAPABILITY {{(?!.*I18NLEVEL).*}}
early S: OK
early C: COMPARATOR
early S: BAD
C: CAPABILITY
S: * CAPABILITY {{(?=.* I18NLEVEL=1 )(?=.* I18NLEVEL=2 ).*}}
S: OK
C: COMPARATOR
S: * COMPARATOR i;unicode-casemap
S: OK

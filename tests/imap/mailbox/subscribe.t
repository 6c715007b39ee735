# Subscriptions are names, whether or not there is such a mailbox (RFC 9051 sections 6.3.7, 6.3.8).
C: SUBSCRIBE ghost
S: OK
C: SUBSCRIBE ghost
S: OK
C: LIST (SUBSCRIBED) "" ghost
S: * LIST $has(\Subscribed \NonExistent) "/" ghost
S: OK
C: UNSUBSCRIBE ghost
S: OK
C: UNSUBSCRIBE ghost
S: OK
C: LIST (SUBSCRIBED) "" ghost
S: OK

# Mail that was not announced yet is not found, not even by UID *; EXISTS comes with the answer.
@ mailbox INBOX 1

a C: SELECT INBOX
a S: ...
a S: OK
b C: APPEND INBOX <<
> Subject: new message
>
> text
b S: OK [APPENDUID $nz 2]
a C: SEARCH SUBJECT message
[rev1] a S: * SEARCH 1
[rev2] a S: * ESEARCH (TAG $any) ALL 1
a S: * 2 EXISTS
[rev1] a S: ...
a S: OK
a C: SEARCH SUBJECT message
[rev1] a S: * SEARCH 1 2
[rev2] a S: * ESEARCH (TAG $any) ALL 1:2
a S: OK

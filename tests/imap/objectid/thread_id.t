# THREADID: related messages have the same one, in other mailboxes too; a message has it for ever, copies of it have it too; others have others
# (RFC 8474 section 5.2; the case of section 5.3). SEARCH THREADID finds the thread (section 6).
@ mailbox INBOX
@ mailbox Sent2
C: SELECT INBOX
S: ...
S: OK
C: APPEND INBOX <<
> Subject: Message A
> Message-ID: <fake.1521475657.54797@example.com>
>
> text
S: ...
S: OK
C: FETCH 1 (EMAILID THREADID)
S: * 1 FETCH $items(EMAILID (${one=M[A-Za-z0-9_-]+}), THREADID (${thread=T[A-Za-z0-9_-]+}))
S: OK
C: APPEND Sent2 <<
> Subject: Re: Message A
> Message-ID: <fake.1521475657.21213@example.org>
> References: <fake.1521475657.54797@example.com>
>
> text
S: OK
C: APPEND INBOX <<
> Subject: Re: Re: Message A
> Message-ID: <fake.1521475657.3@example.org>
> In-Reply-To: <fake.1521475657.21213@example.org>
>
> text
S: ...
S: OK
C: APPEND INBOX <<
> Subject: Message C
> Message-ID: <fake.1521475657.60280@example.com>
>
> text
S: ...
S: OK
C: FETCH 1:3 (THREADID)
S! * 3 FETCH (THREADID (${thread}))
S: * 1 FETCH (THREADID (${thread}))
S: * 2 FETCH (THREADID (${thread}))
S: * 3 FETCH (THREADID (${other=T[A-Za-z0-9_-]+}))
S: OK
C: SEARCH THREADID ${thread}
[rev1] S: * SEARCH 1 2
[rev2] S: * ESEARCH (TAG $any) ALL 1:2
S: OK
C: COPY 3 Sent2
S: OK
C: MOVE 2 Sent2
S: ...
S: OK
C: SELECT Sent2
S: ...
S: OK
C: FETCH 1:3 THREADID
S: * 1 FETCH (THREADID (${thread}))
S: * 2 FETCH (THREADID (${other}))
S: * 3 FETCH (THREADID (${thread}))
S: OK

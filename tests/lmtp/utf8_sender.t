# A sender in UTF-8 whose message is ASCII: POP3 without UTF8 gets a Return-Path that it can read, whoever shares the message (RFC 6856
# section 2.1, RFC 6858 section 2.1).
C: MAIL FROM:<ü@example.org> SMTPUTF8
S: 250
C: RCPT TO:<${user}>
S: 250
C: RCPT TO:<${user}+Archive>
S: 250
C: DATA
S: 354
C: $data(plain.eml)
S: 250
S: 250
C: RSET
S: 250
C: MAIL FROM:<ü@example.org> SMTPUTF8
S: 250
C: RCPT TO:<${user}>
S: 250
C: DATA
S: 354
C: <<
> Subject: alone
>
> text
S: 250
pop3 C: TOP 1 0
pop3 S: +OK
pop3 S: Return-Path: =?utf-8?Q?=C3=BC=40example=2Eorg?= <invalid@internationalized-address.invalid>
pop3 S: Delivered-To: ${user}
pop3 S: ...
pop3 S: .
pop3 C: TOP 2 0
pop3 S: +OK
pop3 S: Return-Path: =?utf-8?Q?=C3=BC=40example=2Eorg?= <invalid@internationalized-address.invalid>
pop3 S: ...
pop3 S: .

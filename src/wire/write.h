// SPDX-License-Identifier: Apache-2.0
// Starling: writing IMAP's strings into a rope, so that whatever the bytes are the grammar holds (RFC 9051 sections 4.3 and 9). `utf8`
// says whether this client may get UTF-8 in quoted strings (IMAP4rev2 or UTF8=ACCEPT enabled) or only ASCII (IMAP4rev1).
#ifndef WIRE_WRITE_H
#define WIRE_WRITE_H

#include "base/rope.h"

// string: quoted where it may be and is short, else a literal. NUL becomes 0x80 (RFC 9051 section 4.3: CHAR8).
void write_string(struct rope *r, struct span s, bool utf8);
// nstring: NIL when s.p is NULL.
void write_nstring(struct rope *r, struct span s, bool utf8);
// astring: an atom where the text allows, else a string.
void write_astring(struct rope *r, struct span s, bool utf8);
// A mailbox name given in UTF-8: as it is, or in modified UTF-7 (RFC 3501 section 5.1.3).
void write_mailbox(struct rope *r, struct span name, bool utf8);
// {n} CRLF and the octets by reference.
void write_literal_ref(struct rope *r, struct span s, struct hold *hold);
// "{n}" CRLF or "~{n}" CRLF; the octets follow by the caller.
void write_literal_header(struct rope *r, uint64_t n, bool binary);
// resp-text's text: never empty, no controls, no leading "[", ASCII unless utf8.
void write_text(struct rope *r, struct span s, bool utf8);
// date-time with its quotes.
void write_date_time(struct rope *r, int64_t seconds, int16_t zone);

#endif

// SPDX-License-Identifier: Apache-2.0
// Starling: a cursor over one complete unit of IMAP text: a command line with its literals, `{n}` CRLF octets, just as they came. One
// function per rule of the grammar (RFC 9051 section 9), named after the rule. The error is sticky: the first thing that does not fit
// is remembered with its position and with what was expected there; from then on every function consumes nothing and returns an empty
// value, so that a grammar reads straight down and is checked once at the end:
//
//	struct span box = cursor_sp(c), cursor_astring(c) ...;
//	cursor_end(c);
//	return cursor_is_bad(c) ? RC_SYNTAX : 0;
//
// Spans that are returned point into the unit, or into the arena where a quoted string had escapes.
//
// An *open literal*: the unit may end in a literal's header whose octets are not here (a streamed literal: imap/command.h). A function
// that needs those octets fails with `open` set; cursor_open_literal() takes the header alone.
#ifndef WIRE_CURSOR_H
#define WIRE_CURSOR_H

#include "base/arena.h"
#include "base/rc.h"
#include "base/numset.h"
#include "base/span.h"

struct buf;

struct cursor {
	struct span in;       // the whole unit, without the final CRLF
	size_t at;            // next octet to read
	struct arena *arena;  // unescaped strings, arrays
	const char *expected; // sticky error: what was expected at bad_at; NULL: fine. Static text
	size_t bad_at;
	int rc;    // RC_SYNTAX, or RC_LIMIT, RC_NOMEM; 0: fine
	bool open; // the error is that the octets of an open literal would have been needed
};

void cursor_init(struct cursor *c, struct span in, struct arena *arena);
static inline bool cursor_is_bad(const struct cursor *c)
{
	return c->expected != NULL;
}
// Records the first error, at the present place (or at `at`); `expected` is static text that goes on after "expected ".
void cursor_fail(struct cursor *c, const char *expected);
void cursor_fail_at(struct cursor *c, size_t at, const char *expected);
void cursor_fail_rc(struct cursor *c, int rc, const char *expected);
// "expected a mailbox name at column 7, found "(FLAGS"": for a tagged BAD. Printable ASCII; adds to `to`.
void cursor_explain(const struct cursor *c, struct buf *to);

// --- what comes next, without consuming ---
// The next octet, or -1 at the end or after an error.
int cursor_peek(const struct cursor *c);
bool cursor_at_end(const struct cursor *c); // true after an error, too: loops end
// True when a literal or a quoted string comes next.
bool cursor_at_string(const struct cursor *c);

// --- terminals ---
void cursor_sp(struct cursor *c);                              // exactly one space
bool cursor_try_sp(struct cursor *c);                          // consumes one if it is there
void cursor_char(struct cursor *c, char ch, const char *what); // exactly this octet
bool cursor_try_char(struct cursor *c, char ch);               // consumes it if it is there
bool cursor_try_word(struct cursor *c,
	const char *word);         // a whole word, A-Z folded: not followed by an ATOM-CHAR
void cursor_end(struct cursor *c); // nothing may follow

// --- RFC 9051 section 9, in its names ---
bool is_atom_char(unsigned char ch);       // ATOM-CHAR
bool is_astring_char(unsigned char ch);    // ASTRING-CHAR = ATOM-CHAR / resp-specials
bool is_list_char(unsigned char ch);       // list-char = ATOM-CHAR / list-wildcards / resp-specials
struct span cursor_tag(struct cursor *c);  // tag: 1*<ASTRING-CHAR except "+">
struct span cursor_atom(struct cursor *c); // atom
// An atom of letters, digits, '-', '.', '_' ... up to one of the stop octets: command names, item names ("BODY.PEEK" ends at '[').
struct span cursor_name(struct cursor *c, const char *what);
struct span cursor_string(
	struct cursor *c); // string: quoted / literal; 8-bit only as UTF-8 in quoted; no NUL
struct span cursor_nstring(struct cursor *c);      // nstring: absent for NIL
struct span cursor_astring(struct cursor *c);      // astring
struct span cursor_list_mailbox(struct cursor *c); // list-mailbox: 1*list-char / string
// charset: atom / quoted (RFC 9051; clients quote it)
struct span cursor_charset(struct cursor *c);
uint32_t cursor_number(struct cursor *c);    // number: 0..2^32-1
uint32_t cursor_nz_number(struct cursor *c); // nz-number
uint64_t cursor_number64(struct cursor *c);  // number64: 0..2^63-1
uint64_t cursor_nz_number64(struct cursor *c);
// base64, with its text undecoded (wire/base64.h decodes); "" where there is none. "=" is left to the caller.
struct span cursor_base64(struct cursor *c);
// flag: a system flag with its backslash, or a keyword; \Recent and \* are not flags a client may set (RFC 9051 section 9 "flag").
struct span cursor_flag(struct cursor *c);
// flag-keyword: an atom without a backslash.
struct span cursor_keyword(struct cursor *c);
// flag-list: "(" [flag *(SP flag)] ")"; the array is in the arena.
struct span *cursor_flag_list(struct cursor *c, size_t *ret_count);
// store-att-flags' flags: flag-list / flag *(SP flag)
struct span *cursor_flags(struct cursor *c, size_t *ret_count);
// section-part: nz-number *("." nz-number); stops before a "." that no digit follows. The array is in the arena.
uint32_t *cursor_section_part(struct cursor *c, size_t *ret_depth);
// header-list: "(" astring *(SP astring) ")"
struct span *cursor_header_list(struct cursor *c, size_t *ret_count);
// partial: "<" number64 "." nz-number64 ">"
void cursor_partial(struct cursor *c, uint64_t *ret_offset, uint64_t *ret_length);

// date: date-text, quoted or not: days since 1970-01-01 (RFC 9051 section 9; two digits of day or one).
int32_t cursor_date(struct cursor *c);
// date-time: quoted: seconds since 1970 UTC, and minutes east of UTC.
int64_t cursor_date_time(struct cursor *c, int16_t *ret_zone);

// A literal's header at the end of the unit, octets elsewhere (see the head of this file).
struct literal_header {
	uint64_t size;
	bool sync;   // {n}: the client waits for "+"
	bool binary; // ~{n}: literal8, may hold NUL
};
void cursor_open_literal(struct cursor *c, struct literal_header *ret_header);
// The literal header that ends this line (without CRLF), if there is one: what makes a line not the end of a command. False: none.
// A number beyond 2^63-1 gives size UINT64_MAX. *ret_length is the header's own length.
bool literal_header_at_end(struct span line, struct literal_header *ret_header, size_t *ret_length);
// A literal8 or an ordinary literal or quoted string, any octets: for data that may be binary.
struct span cursor_any_string(struct cursor *c);

// tagged-ext-val without its meaning: skips one balanced value (for options that are refused by name afterwards).
void cursor_skip_value(struct cursor *c);

// --- sequence sets ---
// sequence-set: ranges as written; 0 stands for "*". `saved` is "$" (RFC 9051 section 6.4.4.1), then there are no ranges.
struct seqset {
	struct numrange *ranges; // in the arena; .first .. .last in any order, 0 is "*"
	size_t count;
	bool saved;
	size_t at; // where it stood, for error texts
};
void cursor_sequence_set(struct cursor *c, struct seqset *ret_set);
struct numset;
// Adds the numbers with "*" standing for `max` (0 in an empty mailbox: "*" adds nothing). Not for `saved`.
void seqset_resolve(const struct seqset *s, uint32_t max, struct numset *to);
// The largest number written, "*" not counted.
uint32_t seqset_max(const struct seqset *s);
bool seqset_has_star(const struct seqset *s);

#endif

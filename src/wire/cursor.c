// SPDX-License-Identifier: Apache-2.0
// Terminals, strings and numbers of IMAP: see cursor.h. Nothing here recurses; every loop consumes at least one octet of the unit, so
// the cost is linear in its size and so is the memory taken from the arena.
#include "wire/cursor.h"

#include "base/buf.h"
#include "wire/date.h"

#define NUMBER63_MAX INT64_MAX

// --- classes of octets (RFC 9051 section 9) ---

enum { ATOM = 1, ASTRING = 2, LIST = 4, TAG = 8, NAME = 16, BASE64 = 32 };

// atom-specials among the printable octets: one bit each.
#define SPECIAL(ch) (UINT64_C(1) << ((ch)&63))
static const uint64_t atom_specials[2] = {
	SPECIAL('"') | SPECIAL('%') | SPECIAL('(') | SPECIAL(')') | SPECIAL('*'),
	SPECIAL('\\') | SPECIAL(']') | SPECIAL('{'),
};

static unsigned class_of(unsigned char ch)
{
	if (ch <= 0x20 || ch >= 0x7f)
		return 0;
	unsigned k = 0;
	if (!(atom_specials[ch >> 6] >> (ch & 63) & 1))
		k = ATOM | ASTRING | LIST | (ch != '+' ? TAG : 0u) |
			(ch != '[' && ch != '<' ? NAME : 0u);
	else if (ch == ']')
		k = ASTRING | LIST | TAG;
	else if (ch == '%' || ch == '*')
		k = LIST;
	if ((ch >= 'A' && ch <= 'Z') || (ch >= 'a' && ch <= 'z') || (ch >= '0' && ch <= '9') ||
		ch == '+' || ch == '/' || ch == '=')
		k |= BASE64;
	return k;
}

bool is_atom_char(unsigned char ch)
{
	return class_of(ch) & ATOM;
}

bool is_astring_char(unsigned char ch)
{
	return class_of(ch) & ASTRING;
}

bool is_list_char(unsigned char ch)
{
	return class_of(ch) & LIST;
}

// --- errors ---

void cursor_init(struct cursor *c, struct span in, struct arena *arena)
{
	*c = (struct cursor){ .in = in, .arena = arena };
}

void cursor_fail_at(struct cursor *c, size_t at, const char *expected)
{
	if (c->expected)
		return;
	c->expected = expected;
	c->bad_at = at;
	c->rc = RC_SYNTAX;
}

void cursor_fail(struct cursor *c, const char *expected)
{
	cursor_fail_at(c, c->at, expected);
}

void cursor_fail_rc(struct cursor *c, int rc, const char *expected)
{
	bool first = !c->expected;
	cursor_fail(c, expected);
	if (first)
		c->rc = rc;
}

void cursor_explain(const struct cursor *c, struct buf *to)
{
	static const size_t shown_max = 24;
	if (!c->expected)
		return;
	buf_addf(to, "expected %s at position %zu, found ", c->expected, c->bad_at + 1);
	struct span rest = span_skip(c->in, c->bad_at);
	if (rest.n == 0) {
		buf_add(to, SPAN("the end of the line"));
		return;
	}
	buf_addc(to, '"');
	for (size_t i = 0; i < rest.n && i < shown_max; i++) {
		unsigned char ch = (unsigned char)rest.p[i];
		if (ch == '\r')
			break;
		buf_addc(to, ch < 0x20 || ch >= 0x7f ? '?' : (char)ch);
	}
	if (rest.n > shown_max)
		buf_add(to, SPAN("..."));
	buf_addc(to, '"');
}

// --- looking ---

int cursor_peek(const struct cursor *c)
{
	if (c->expected || c->at >= c->in.n)
		return -1;
	return (unsigned char)c->in.p[c->at];
}

bool cursor_at_end(const struct cursor *c)
{
	return c->expected || c->at >= c->in.n;
}

bool cursor_at_string(const struct cursor *c)
{
	int ch = cursor_peek(c);
	return ch == '"' || ch == '{' ||
		(ch == '~' && c->at + 1 < c->in.n && c->in.p[c->at + 1] == '{');
}

// --- terminals ---

bool cursor_try_char(struct cursor *c, char ch)
{
	if (cursor_peek(c) != (unsigned char)ch)
		return false;
	c->at++;
	return true;
}

void cursor_char(struct cursor *c, char ch, const char *what)
{
	if (!cursor_try_char(c, ch))
		cursor_fail(c, what);
}

void cursor_sp(struct cursor *c)
{
	cursor_char(c, ' ', "a space");
}

bool cursor_try_sp(struct cursor *c)
{
	return cursor_try_char(c, ' ');
}

bool cursor_try_word(struct cursor *c, const char *word)
{
	if (c->expected)
		return false;
	struct span w = span_str(word);
	struct span rest = span_skip(c->in, c->at);
	if (!span_casestarts(rest, w))
		return false;
	if (rest.n > w.n && is_atom_char((unsigned char)rest.p[w.n]))
		return false;
	c->at += w.n;
	return true;
}

void cursor_end(struct cursor *c)
{
	if (!c->expected && c->at < c->in.n)
		cursor_fail(c, "the end of the command");
}

// One or more octets of a class.
static struct span take(struct cursor *c, unsigned class, const char *what)
{
	if (c->expected)
		return SPAN_NONE;
	size_t from = c->at;
	while (c->at < c->in.n && (class_of((unsigned char)c->in.p[c->at]) & class))
		c->at++;
	if (c->at == from) {
		cursor_fail(c, what);
		return SPAN_NONE;
	}
	return span_cut(c->in, from, c->at);
}

struct span cursor_tag(struct cursor *c)
{
	return take(c, TAG, "a tag");
}

struct span cursor_atom(struct cursor *c)
{
	return take(c, ATOM, "an atom");
}

struct span cursor_name(struct cursor *c, const char *what)
{
	return take(c, NAME, what);
}

struct span cursor_base64(struct cursor *c)
{
	int ch = cursor_peek(c);
	if (ch < 0 || !(class_of((unsigned char)ch) & BASE64))
		return span_of("", 0);
	return take(c, BASE64, "base64");
}

// --- strings ---

// quoted = DQUOTE *QUOTED-CHAR DQUOTE; the cursor is on the opening quote.
static struct span quoted(struct cursor *c)
{
	size_t from = c->at + 1, at = from;
	bool escapes = false, eight_bit = false;
	for (; at < c->in.n && c->in.p[at] != '"'; at++) {
		unsigned char ch = (unsigned char)c->in.p[at];
		if (ch == '\\') {
			at++;
			if (at >= c->in.n || (c->in.p[at] != '"' && c->in.p[at] != '\\')) {
				cursor_fail_at(c, at, "\\ or \" after a backslash");
				return SPAN_NONE;
			}
			escapes = true;
		} else if (ch == '\r' || ch == '\n' || ch == '\0') {
			cursor_fail_at(c, at, "no CR, LF or NUL in a quoted string");
			return SPAN_NONE;
		} else if (ch & 0x80) {
			eight_bit = true;
		}
	}
	if (at >= c->in.n) {
		cursor_fail_at(c, at, "the closing quote of a quoted string");
		return SPAN_NONE;
	}
	struct span s = span_cut(c->in, from, at);
	if (eight_bit && !span_is_utf8(s)) {
		cursor_fail_at(c, from, "UTF-8 in a quoted string");
		return SPAN_NONE;
	}
	c->at = at + 1;
	if (!escapes)
		return s;
	char *to = arena_bytes(c->arena, s.n);
	if (!to) {
		cursor_fail_rc(c, RC_NOMEM, "less to remember");
		return SPAN_NONE;
	}
	size_t n = 0;
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '\\')
			i++;
		to[n++] = s.p[i];
	}
	return span_of(to, n);
}

// The header of a literal, without CRLF: ["~"] "{" number64 ["+"] "}" at the start of `s`; its length, or 0.
static size_t literal_header_parse(struct span s, struct literal_header *ret_header)
{
	size_t at = 0;
	*ret_header = (struct literal_header){ .sync = true };
	if (at < s.n && s.p[at] == '~') {
		ret_header->binary = true;
		at++;
	}
	if (at >= s.n || s.p[at] != '{')
		return 0;
	size_t digits = ++at;
	while (at < s.n && s.p[at] >= '0' && s.p[at] <= '9')
		at++;
	if (at == digits)
		return 0;
	if (!span_to_u64(span_cut(s, digits, at), NUMBER63_MAX, &ret_header->size))
		ret_header->size = UINT64_MAX;
	if (at < s.n && s.p[at] == '+') {
		ret_header->sync = false;
		at++;
	}
	return at < s.n && s.p[at] == '}' ? at + 1 : 0;
}

bool literal_header_at_end(struct span line, struct literal_header *ret_header, size_t *ret_length)
{
	if (line.n < 3 || line.p[line.n - 1] != '}')
		return false;
	size_t at = line.n - 1;
	while (at > 0 && line.p[at] != '{')
		at--;
	if (line.p[at] != '{')
		return false;
	if (at > 0 && line.p[at - 1] == '~')
		at--;
	size_t n = literal_header_parse(span_skip(line, at), ret_header);
	if (n == 0 || at + n != line.n)
		return false;
	*ret_length = n;
	return true;
}

void cursor_open_literal(struct cursor *c, struct literal_header *ret_header)
{
	*ret_header = (struct literal_header){ .size = 0 };
	if (c->expected)
		return;
	size_t n = literal_header_parse(span_skip(c->in, c->at), ret_header);
	if (n == 0 || c->at + n != c->in.n)
		cursor_fail(c, "a literal");
	else
		c->at += n;
}

static struct span literal(struct cursor *c, bool binary_allowed)
{
	struct literal_header h;
	size_t n = literal_header_parse(span_skip(c->in, c->at), &h);
	if (n == 0 || (h.binary && !binary_allowed)) {
		cursor_fail(c, h.binary ? "a literal without ~" : "a literal");
		return SPAN_NONE;
	}
	struct span rest = span_skip(c->in, c->at + n);
	if (rest.n == 0) {
		c->open = true;
		cursor_fail(c, "the octets of a literal");
		return SPAN_NONE;
	}
	if (!span_starts(rest, SPAN("\r\n")) || h.size > rest.n - 2) {
		cursor_fail(c, "a literal of the size that was announced");
		return SPAN_NONE;
	}
	struct span s = span_cut(rest, 2, 2 + (size_t)h.size);
	if (!h.binary && s.n && memchr(s.p, '\0', s.n)) {
		cursor_fail(c, "no NUL in a literal");
		return SPAN_NONE;
	}
	c->at += n + 2 + s.n;
	return s;
}

struct span cursor_string(struct cursor *c)
{
	int ch = cursor_peek(c);
	if (ch == '"')
		return quoted(c);
	if (ch == '{' || ch == '~')
		return literal(c, false);
	cursor_fail(c, "a string");
	return SPAN_NONE;
}

struct span cursor_any_string(struct cursor *c)
{
	int ch = cursor_peek(c);
	if (ch == '"')
		return quoted(c);
	if (ch == '{' || ch == '~')
		return literal(c, true);
	cursor_fail(c, "a string");
	return SPAN_NONE;
}

struct span cursor_nstring(struct cursor *c)
{
	if (cursor_try_word(c, "NIL"))
		return SPAN_NONE;
	return cursor_string(c);
}

struct span cursor_astring(struct cursor *c)
{
	int ch = cursor_peek(c);
	if (ch == '"' || ch == '{')
		return cursor_string(c);
	return take(c, ASTRING, "an astring");
}

struct span cursor_list_mailbox(struct cursor *c)
{
	int ch = cursor_peek(c);
	if (ch == '"' || ch == '{')
		return cursor_string(c);
	return take(c, LIST, "a mailbox name or pattern");
}

struct span cursor_charset(struct cursor *c)
{
	if (cursor_at_string(c))
		return cursor_string(c);
	return take(c, ATOM, "a charset");
}

// --- numbers ---

static uint64_t number(struct cursor *c, uint64_t min, uint64_t max, const char *what)
{
	if (c->expected)
		return 0;
	size_t from = c->at, at = from;
	while (at < c->in.n && c->in.p[at] >= '0' && c->in.p[at] <= '9')
		at++;
	uint64_t v = 0;
	if (!span_to_u64(span_cut(c->in, from, at), max, &v) || v < min) {
		cursor_fail(c, what);
		return 0;
	}
	c->at = at;
	return v;
}

uint32_t cursor_number(struct cursor *c)
{
	return (uint32_t)number(c, 0, UINT32_MAX, "a number");
}

uint32_t cursor_nz_number(struct cursor *c)
{
	if (cursor_peek(c) == '0')
		cursor_fail(c, "a number that is not 0");
	return (uint32_t)number(c, 1, UINT32_MAX, "a number that is not 0");
}

uint64_t cursor_number64(struct cursor *c)
{
	return number(c, 0, NUMBER63_MAX, "a number");
}

uint64_t cursor_nz_number64(struct cursor *c)
{
	if (cursor_peek(c) == '0')
		cursor_fail(c, "a number that is not 0");
	return number(c, 1, NUMBER63_MAX, "a number that is not 0");
}

// --- flags ---

struct span cursor_keyword(struct cursor *c)
{
	return take(c, ATOM, "a keyword");
}

struct span cursor_flag(struct cursor *c)
{
	static const char *const system[] = { "\\Seen", "\\Answered", "\\Flagged", "\\Deleted",
		"\\Draft" };
	if (cursor_peek(c) != '\\')
		return take(c, ATOM, "a flag");
	for (size_t i = 0; i < countof(system); i++) {
		size_t from = c->at;
		if (cursor_try_word(c, system[i]))
			return span_cut(c->in, from, c->at);
	}
	cursor_fail(c, "a flag that a client may set");
	return SPAN_NONE;
}

// A growing array of spans in the arena.
struct spans {
	struct span *p;
	size_t n, cap;
};

static void spans_add(struct cursor *c, struct spans *s, struct span v)
{
	if (c->expected)
		return;
	if (s->n == s->cap) {
		size_t cap = s->cap ? s->cap * 2 : 8;
		struct span *p = arena_array(c->arena, cap, sizeof *p);
		if (!p) {
			cursor_fail_rc(c, RC_LIMIT, "fewer elements");
			return;
		}
		if (s->n)
			memcpy(p, s->p, s->n * sizeof *p);
		s->p = p;
		s->cap = cap;
	}
	s->p[s->n++] = v;
}

struct span *cursor_flag_list(struct cursor *c, size_t *ret_count)
{
	struct spans s = { 0 };
	cursor_char(c, '(', "a list of flags");
	if (!cursor_try_char(c, ')')) {
		spans_add(c, &s, cursor_flag(c));
		while (cursor_try_sp(c))
			spans_add(c, &s, cursor_flag(c));
		cursor_char(c, ')', "a space or )");
	}
	*ret_count = cursor_is_bad(c) ? 0 : s.n;
	return s.p;
}

struct span *cursor_flags(struct cursor *c, size_t *ret_count)
{
	if (cursor_peek(c) == '(')
		return cursor_flag_list(c, ret_count);
	struct spans s = { 0 };
	spans_add(c, &s, cursor_flag(c));
	while (cursor_try_sp(c))
		spans_add(c, &s, cursor_flag(c));
	*ret_count = cursor_is_bad(c) ? 0 : s.n;
	return s.p;
}

struct span *cursor_header_list(struct cursor *c, size_t *ret_count)
{
	struct spans s = { 0 };
	cursor_char(c, '(', "a list of header field names");
	spans_add(c, &s, cursor_astring(c));
	while (cursor_try_sp(c))
		spans_add(c, &s, cursor_astring(c));
	cursor_char(c, ')', "a space or )");
	*ret_count = cursor_is_bad(c) ? 0 : s.n;
	return s.p;
}

// --- sections ---

uint32_t *cursor_section_part(struct cursor *c, size_t *ret_depth)
{
	*ret_depth = 0;
	if (c->expected)
		return NULL;
	// One dot lies between two numbers: their count is known beforehand.
	size_t count = 1;
	for (size_t at = c->at; at + 1 < c->in.n; at++) {
		char ch = c->in.p[at], next = c->in.p[at + 1];
		if (ch == '.' && next >= '0' && next <= '9')
			count++;
		else if (ch < '0' || ch > '9')
			break;
	}
	uint32_t *path = arena_array(c->arena, count, sizeof *path);
	if (!path) {
		cursor_fail_rc(c, RC_LIMIT, "fewer part numbers");
		return NULL;
	}
	for (size_t i = 0; i < count; i++) {
		if (i)
			cursor_char(c, '.', "a dot");
		path[i] = cursor_nz_number(c);
	}
	if (!c->expected)
		*ret_depth = count;
	return path;
}

void cursor_partial(struct cursor *c, uint64_t *ret_offset, uint64_t *ret_length)
{
	cursor_char(c, '<', "<");
	*ret_offset = cursor_number64(c);
	cursor_char(c, '.', "a dot");
	*ret_length = cursor_nz_number64(c);
	cursor_char(c, '>', ">");
}

// --- dates ---

int32_t cursor_date(struct cursor *c)
{
	size_t from = c->at;
	bool in_quotes = cursor_try_char(c, '"');
	size_t text = c->at;
	while (c->at < c->in.n && is_atom_char((unsigned char)c->in.p[c->at]) && !c->expected)
		c->at++;
	int32_t days = 0;
	if (!c->expected && !date_text_parse(span_cut(c->in, text, c->at), &days))
		cursor_fail_at(c, from, "a date like 1-Feb-2026");
	if (in_quotes)
		cursor_char(c, '"', "the closing quote of a date");
	return days;
}

int64_t cursor_date_time(struct cursor *c, int16_t *ret_zone)
{
	*ret_zone = 0;
	if (c->expected)
		return 0;
	int64_t seconds = 0;
	struct span rest = span_skip(c->in, c->at);
	if (rest.n < DATE_TIME_SIZE + 2 || rest.p[0] != '"' || rest.p[DATE_TIME_SIZE + 1] != '"' ||
		!date_time_parse(span_of(rest.p + 1, DATE_TIME_SIZE), &seconds, ret_zone)) {
		cursor_fail(c, "a date-time like \"01-Feb-2026 12:00:00 +0000\"");
		return 0;
	}
	c->at += DATE_TIME_SIZE + 2;
	return seconds;
}

// --- skipping ---

void cursor_skip_value(struct cursor *c)
{
	size_t depth = 0;
	do {
		if (cursor_try_char(c, '(')) {
			depth++;
			continue;
		}
		if (depth && cursor_try_char(c, ')')) {
			depth--;
		} else if (cursor_at_string(c)) {
			(void)cursor_any_string(c);
		} else {
			(void)take(c, LIST, "a value");
		}
		if (depth)
			(void)cursor_try_sp(c);
	} while (depth && !c->expected);
}

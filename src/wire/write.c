// SPDX-License-Identifier: Apache-2.0
#include "wire/write.h"

#include "base/buf.h"
#include "wire/cursor.h"
#include "wire/date.h"
#include "wire/mutf7.h"

#define QUOTED_MAX 1024u // longer strings go as literals: kinder to clients with line limits

void write_literal_header(struct rope *r, uint64_t n, bool binary)
{
	rope_add(r, binary ? SPAN("~{") : SPAN("{"));
	rope_addu(r, n);
	rope_add(r, SPAN("}\r\n"));
}

void write_literal_ref(struct rope *r, struct span s, struct hold *hold)
{
	write_literal_header(r, s.n, false);
	rope_add_ref(r, s, hold);
}

// Whether the octets may stand in a quoted string; *ret_escapes: how many need a backslash.
static bool can_quote(struct span s, bool utf8, size_t *ret_escapes)
{
	size_t escapes = 0;
	bool eight_bit = false;
	for (size_t i = 0; i < s.n; i++) {
		unsigned char ch = (unsigned char)s.p[i];
		if (ch == '\r' || ch == '\n' || ch == '\0')
			return false;
		escapes += ch == '"' || ch == '\\';
		eight_bit |= ch >= 0x80;
	}
	*ret_escapes = escapes;
	return s.n <= QUOTED_MAX && (!eight_bit || (utf8 && span_is_utf8(s)));
}

// A literal whose octets 0x00 are shown as 0x80.
static void literal(struct rope *r, struct span s)
{
	write_literal_header(r, s.n, false);
	while (s.n) {
		const char *nul = memchr(s.p, '\0', s.n);
		size_t n = nul ? (size_t)(nul - s.p) : s.n;
		rope_add(r, span_cut(s, 0, n));
		if (nul)
			rope_addc(r, (char)0x80);
		s = span_skip(s, nul ? n + 1 : n);
	}
}

void write_string(struct rope *r, struct span s, bool utf8)
{
	size_t escapes;
	if (!can_quote(s, utf8, &escapes)) {
		literal(r, s);
		return;
	}
	char *to = rope_room(r, s.n + escapes + 2);
	if (!to)
		return;
	size_t n = 0;
	to[n++] = '"';
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '"' || s.p[i] == '\\')
			to[n++] = '\\';
		to[n++] = s.p[i];
	}
	to[n++] = '"';
	rope_wrote(r, n);
}

void write_nstring(struct rope *r, struct span s, bool utf8)
{
	if (s.p)
		write_string(r, s, utf8);
	else
		rope_add(r, SPAN("NIL"));
}

void write_astring(struct rope *r, struct span s, bool utf8)
{
	bool bare = s.n > 0 && s.n <= QUOTED_MAX && !span_caseeq(s, SPAN("NIL"));
	for (size_t i = 0; i < s.n && bare; i++)
		bare = is_astring_char((unsigned char)s.p[i]);
	if (bare)
		rope_add(r, s);
	else
		write_string(r, s, utf8);
}

void write_mailbox(struct rope *r, struct span name, bool utf8)
{
	if (utf8 || (span_is_ascii(name) && span_find_char(name, '&') == name.n)) {
		write_astring(r, name, utf8);
		return;
	}
	struct buf b = { 0 };
	mutf7_encode(name, &b);
	if (b.failed)
		r->failed = true;
	else
		write_astring(r, buf_span(&b), false);
	buf_done(&b);
}

// Whether all octets are printable ASCII, eight at a time. (A borrow or a carry between octets comes only out of one that is not.)
static bool is_plain(struct span s)
{
	const uint64_t ones = UINT64_C(0x0101010101010101);
	uint64_t odd = 0;
	size_t i = 0;
	for (; i + 8 <= s.n; i += 8) {
		uint64_t v = load_u64(s.p + i);
		odd |= v | (v + ones) | (v - ones * 0x20);
	}
	for (; i < s.n; i++) {
		unsigned char ch = (unsigned char)s.p[i];
		odd |= ch < 0x20 || ch >= 0x7f ? 0x80 : 0;
	}
	return !(odd & ones * 0x80);
}

void write_text(struct rope *r, struct span s, bool utf8)
{
	if (s.n == 0)
		s = SPAN("done");
	char *to = rope_room(r, s.n);
	if (!to)
		return;
	memcpy(to, s.p, s.n);
	if (!is_plain(s)) {
		utf8 = utf8 && span_is_utf8(s);
		for (size_t i = 0; i < s.n; i++) {
			unsigned char ch = (unsigned char)s.p[i];
			if (ch < 0x20 || ch == 0x7f || (ch >= 0x80 && !utf8))
				to[i] = '?';
		}
	}
	if (to[0] == '[' || to[0] == ' ')
		to[0] = '(';
	rope_wrote(r, s.n);
}

void write_date_time(struct rope *r, int64_t seconds, int16_t zone)
{
	char *to = rope_room(r, DATE_TIME_SIZE + 2);
	if (!to)
		return;
	to[0] = '"';
	date_time_print(to + 1, seconds, zone);
	to[DATE_TIME_SIZE + 1] = '"';
	rope_wrote(r, DATE_TIME_SIZE + 2);
}

// SPDX-License-Identifier: Apache-2.0
// Starling: for tests of SEARCH: what a message says, decoded and folded field by field and part by part in the plainest way, and a plain
// search in that.
#ifndef MAIL_SEARCH_TESTING_H
#define MAIL_SEARCH_TESTING_H

#include "mail/search_priv.h"
#include "mime/parse.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#define TEXTS_MAX 4000u
struct texts { // folded; a field or a part each
	struct span list[TEXTS_MAX];
	bool is_header[TEXTS_MAX];
	size_t count;
};

static inline void texts_add(struct op *op, struct texts *t, struct span s, bool is_header)
{
	assert_true(t->count < TEXTS_MAX);
	t->list[t->count] = s.n ? arena_dup(&op->arena, s) : SPAN("");
	t->is_header[t->count++] = is_header;
}

static inline bool is_wsp(char c)
{
	return c == ' ' || c == '\t';
}

// Every field of a header as "Name: text".
static inline void add_header(struct op *op, struct texts *t, struct span header)
{
	struct mime_fields it = mime_fields_of(header);
	struct mime_field f;
	while (mime_fields_next(&it, &f)) {
		struct buf text = { 0 }, value = { 0 }, folded = { 0 };
		struct span trimmed = span_trim(f.value);
		size_t blanks = 0;
		while (blanks < f.value.n && is_wsp(f.value.p[blanks]))
			blanks++;
		mime_text_of(f.value, &value);
		// A value that lies there as it reads keeps the blanks before it; of others one is left.
		bool as_is = span_eq(buf_span(&value), trimmed) &&
			(value.n == 0 || trimmed.p == f.value.p + blanks);
		if (f.name.n)
			buf_add(&text, span_of(f.raw.p, (size_t)(f.value.p - f.raw.p)));
		if (f.name.n && value.n && (unsigned char)f.value.p[0] <= ' ')
			buf_add(&text, as_is ? span_cut(f.value, 0, blanks) : SPAN(" "));
		buf_add(&text, buf_span(&value));
		buf_done(&value);
		casefold(buf_span(&text), &folded);
		texts_add(op, t, buf_span(&folded), true);
		buf_done(&text);
		buf_done(&folded);
	}
}

static inline void add_body(
	struct op *op, struct texts *t, const struct mime_part *p, struct span body)
{
	struct mime_text text = { 0 };
	struct span piece;
	struct buf whole = { 0 };
	mime_text_init(&text, (enum mime_cte)p->cte, p->charset, true);
	for (size_t at = 0; at < body.n; at += 30000) {
		assert_int_equal(mime_text_feed(&text, span_cut(body, at, at + 30000), &piece), 0);
		buf_add(&whole, piece);
	}
	assert_int_equal(mime_text_end(&text, &piece), 0);
	buf_add(&whole, piece);
	texts_add(op, t, buf_span(&whole), false);
	buf_done(&whole);
	mime_text_done(&text);
}

static inline void texts_of(struct op *op, struct texts *t, struct span prefix, struct span m)
{
	const struct mime_tree *tree;
	assert_int_equal(mime_parse(op, m, &tree), 0);
	t->count = 0;
	add_header(op, t, prefix);
	for (uint32_t i = 0; i < tree->count; i++) {
		const struct mime_part *p = &tree->parts[i];
		add_header(op, t, span_cut(m, (size_t)p->header_start, (size_t)p->body_start));
		if (p->is_text && !p->is_opaque)
			add_body(op, t, p, span_cut(m, (size_t)p->body_start, (size_t)p->body_end));
	}
}

static inline bool found_plainly(const struct texts *t, struct span needle, bool headers)
{
	for (size_t i = 0; i < t->count; i++) {
		if (t->is_header[i] && !headers)
			continue;
		for (size_t at = 0; at + needle.n <= t->list[i].n; at++) {
			if (ascii_upper((unsigned char)t->list[i].p[at]) !=
				ascii_upper((unsigned char)needle.p[0]))
				continue;
			if (span_caseeq(span_cut(t->list[i], at, at + needle.n), needle))
				return true;
		}
	}
	return false;
}

// A piece of some text; also with one octet changed.
static inline struct span pick(struct op *op, const struct texts *t, unsigned *seed)
{
	struct span s = t->list[(unsigned)rand_r(seed) % t->count];
	size_t n = 1 + (unsigned)rand_r(seed) % (rand_r(seed) % 4 ? 12 : 60);
	size_t at = s.n ? (unsigned)rand_r(seed) % s.n : 0;
	s = span_cut(s, at, at + n);
	if (s.n == 0)
		return SPAN("NOWHERE AT ALL");
	char *copy = arena_bytes(&op->arena, s.n);
	memcpy(copy, s.p, s.n);
	if (rand_r(seed) % 3 == 0)
		copy[(unsigned)rand_r(seed) % s.n] = (char)('A' + rand_r(seed) % 26);
	return span_of(copy, s.n);
}

#endif

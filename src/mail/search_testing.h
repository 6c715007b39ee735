// SPDX-License-Identifier: Apache-2.0
// Starling: for tests of SEARCH: what a message says, decoded field by field and part by part in the plainest way, and a plain search in that. Nothing
// here is shared with search.c and search_text.c.
#ifndef MAIL_SEARCH_TESTING_H
#define MAIL_SEARCH_TESTING_H

#include "base/buf.h"
#include "base/must.h"
#include "mime/header.h"
#include "mime/parse.h"
#include "mime/text.h"

#include <stdlib.h>

#define TEXTS_MAX 4000u
struct texts { // a field or a part each
	struct span list[TEXTS_MAX];
	bool is_header[TEXTS_MAX];
	size_t count;
	bool folded; // to be set before; else the texts are as they read
};

static inline void texts_add(struct op *op, struct texts *t, struct span s, bool is_header)
{
	must(t->count < TEXTS_MAX);
	struct buf folded = { 0 };
	if (t->folded && is_header) { // bodies were folded while they were decoded
		casefold(s, &folded);
		s = buf_span(&folded);
	}
	t->list[t->count] = s.n ? arena_dup(&op->arena, s) : SPAN("");
	t->is_header[t->count++] = is_header;
	buf_done(&folded);
}

// Every field of a header as "Name: text".
static inline void add_header(struct op *op, struct texts *t, struct span header)
{
	struct mime_fields it = mime_fields_of(header);
	struct mime_field f;
	while (mime_fields_next(&it, &f)) {
		struct buf text = { 0 };
		struct span value = f.value;
		bool folds =
			false; // the value begins on another line: one blank is before it, else those that are
		while (value.n && strchr(" \t\r\n", value.p[0] ? value.p[0] : 'x')) {
			folds = folds || value.p[0] == '\r' || value.p[0] == '\n';
			value = span_skip(value, 1);
		}
		buf_add(&text, span_of(f.raw.p, (size_t)(f.value.p - f.raw.p)));
		if (value.n)
			buf_add(&text, folds ? SPAN(" ") : span_of(f.value.p, f.value.n - value.n));
		mime_text_of(value, &text);
		texts_add(op, t, buf_span(&text), true);
		buf_done(&text);
	}
}

static inline void add_body(
	struct op *op, struct texts *t, const struct mime_part *p, struct span body)
{
	struct mime_text text = { 0 };
	struct span piece;
	struct buf whole = { 0 };
	mime_text_init(&text, (enum mime_cte)p->cte, p->charset, t->folded);
	for (size_t at = 0; at < body.n; at += 30000) {
		must(mime_text_feed(&text, span_cut(body, at, at + 30000), &piece) == 0);
		buf_add(&whole, piece);
	}
	must(mime_text_end(&text, &piece) == 0);
	buf_add(&whole, piece);
	texts_add(op, t, buf_span(&whole), false);
	buf_done(&whole);
	mime_text_done(&text);
}

static inline void texts_of(struct op *op, struct texts *t, struct span prefix, struct span m)
{
	const struct mime_tree *tree;
	must(mime_parse(op, m, &tree) == 0);
	t->count = 0;
	add_header(op, t, prefix);
	for (uint32_t i = 0; i < tree->count; i++) {
		const struct mime_part *p = &tree->parts[i];
		add_header(op, t, span_cut(m, (size_t)p->header_start, (size_t)p->body_start));
		if (p->is_text && !p->is_opaque)
			add_body(op, t, p, span_cut(m, (size_t)p->body_start, (size_t)p->body_end));
	}
}

// ASCII letters match in either case, unless `exact`.
static inline bool is_within(struct span text, struct span needle, bool exact)
{
	for (size_t at = 0; at + needle.n <= text.n; at++) {
		struct span there = span_cut(text, at, at + needle.n);
		if (exact ? span_eq(there, needle) : span_caseeq(there, needle))
			return true;
	}
	return false;
}

static inline bool found_plainly(
	const struct texts *t, struct span needle, bool headers, bool exact)
{
	for (size_t i = 0; i < t->count; i++)
		if ((headers || !t->is_header[i]) && is_within(t->list[i], needle, exact))
			return true;
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

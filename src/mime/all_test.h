// SPDX-License-Identifier: Apache-2.0
// Starling: the invariants that hold for every message, for tests and fuzz targets: the tree is consistent, every rendering is legal under
// mime/strict_test.h, the two forms are equal exactly when said so, limits hold, and the cut of the input does not matter.
#ifndef MIME_ALL_TEST_H
#define MIME_ALL_TEST_H

#include "base/limits.h"
#include "mime/parse.h"
#include "mime/render.h"
#include "mime/strict_test.h"

#include <stdio.h>
#include <stdlib.h>

// Returns NULL, or what is wrong.
static inline const char *all_tree_check(const struct mime_tree *t)
{
	if (t->count == 0 || t->count > MIME_PARTS_MAX + MIME_DEPTH_MAX + 2)
		return "number of parts";
	for (uint32_t i = 0; i < t->count; i++) {
		const struct mime_part *p = &t->parts[i];
		if (p->header_start > p->body_start || p->body_start > p->body_end ||
			p->body_end > t->size)
			return "offsets out of order";
		if (p->body_lines > p->body_end - p->body_start)
			return "more lines than octets";
		if (p->depth > MIME_DEPTH_MAX + 1 || !p->type.n || !p->subtype.n || !p->encoding.n)
			return "part without a fact";
		if ((p->envelope != NULL) != p->is_root)
			return "envelope";
		if (i > 0) {
			const struct mime_part *up = &t->parts[p->parent];
			if (p->parent >= i || p->header_start < up->body_start ||
				p->body_end > up->body_end)
				return "child outside its parent";
		}
		if ((p->kind == MIME_LEAF) != (p->child == MIME_NONE))
			return "children";
		if (p->kind == MIME_MESSAGE && p->children != 1)
			return "message without its root";
		uint32_t n = 0;
		uint64_t at = p->body_start;
		for (uint32_t c = p->child; c != MIME_NONE; c = t->parts[c].next) {
			if (t->parts[c].number != ++n || t->parts[c].parent != i ||
				t->parts[c].header_start < at)
				return "order of children";
			at = t->parts[c].body_end;
		}
		if (n != p->children)
			return "number of children";
	}
	return NULL;
}

static inline const char *all_render_check(struct op *op, const struct mime_tree *t)
{
	static char why[400];
	struct buf text[2] = { { 0 }, { 0 } };
	const char *bad = NULL;
	for (int what = 0; what < 3 && !bad; what++) {
		bool same[2] = { false, false };
		for (int form = 0; form < 2 && !bad; form++) {
			buf_reset(&text[form]);
			int rc = what == 0
				? mime_envelope_render(
					  op, t, 0, (enum mime_form)form, &text[form], &same[form])
				: mime_structure_render(op, t, what == 2, (enum mime_form)form,
					  &text[form], &same[form]);
			if (rc < 0) {
				bad = "out of memory";
				break;
			}
			struct strict s;
			struct span out = buf_span(&text[form]);
			bool ok = what == 0
				? strict_envelope_ok(&s, out, form == MIME_ASCII)
				: strict_structure_ok(&s, out, form == MIME_ASCII, what == 2);
			if (!ok) {
				(void)snprintf(why, sizeof why, "%s (%s): %s at '%.*s'",
					what == 0           ? "ENVELOPE"
						: what == 1 ? "BODY"
							    : "BODYSTRUCTURE",
					form == MIME_ASCII ? "ASCII" : "UTF-8", s.why,
					(int)(s.end - s.where > 60 ? 60 : s.end - s.where),
					s.where);
				bad = why;
			}
			if (out.n > (what == 0 ? MIME_ENVELOPE_TEXT_MAX : MIME_STRUCTURE_TEXT_MAX))
				bad = "text beyond its limit";
		}
		if (!bad && same[0] != same[1])
			bad = "the forms disagree whether they differ";
		if (!bad && same[0] && !span_eq(buf_span(&text[0]), buf_span(&text[1])))
			bad = "the forms differ, but are said to be equal";
	}
	buf_done(&text[0]);
	buf_done(&text[1]);
	return bad;
}

// Parses in pieces of `step` octets (0: whole), checks everything, and appends the BODYSTRUCTURE and ENVELOPE to `to`.
static inline const char *all_check(struct span message, size_t step, struct buf *to)
{
	struct op op;
	op_init(&op, 0);
	struct mime_parser *p = NULL;
	const struct mime_tree *t = NULL;
	int rc = mime_begin(&op, &p);
	for (size_t at = 0; rc == 0 && at < message.n;) {
		size_t n = step == 0 || message.n - at < step ? message.n - at : step;
		// In memory of its own, so that a read past a piece is seen.
		char *piece = malloc(n);
		if (!piece)
			abort();
		memcpy(piece, message.p + at, n);
		rc = mime_feed(&op, p, span_of(piece, n));
		free(piece);
		at += n;
	}
	if (rc == 0)
		rc = mime_end(&op, p, &t);
	const char *bad = rc < 0 ? "the parser failed" : all_tree_check(t);
	if (!bad && t->size != message.n)
		bad = "size";
	if (!bad)
		bad = all_render_check(&op, t);
	bool same;
	if (!bad && to &&
		(mime_structure_render(&op, t, true, MIME_UTF8, to, &same) < 0 ||
			mime_envelope_render(&op, t, 0, MIME_UTF8, to, &same) < 0))
		bad = "out of memory";
	op_done(&op);
	return bad;
}

#endif

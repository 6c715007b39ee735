// SPDX-License-Identifier: Apache-2.0
// The scans for substrings, 32 and 16 octets at a time, against one octet after the other; and a stream of pieces against the whole. Input:
// an octet of choices, one for the needle's length, one for the pieces', the needle, the text.
#include "base/must.h"
#include "mail/needle.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool is_at(struct span needle, struct span text, size_t at, bool exact)
{
	struct span there = span_cut(text, at, at + needle.n);
	return exact ? span_eq(there, needle) : span_caseeq(there, needle);
}

static size_t find_plainly(struct span needle, struct span text, bool exact)
{
	for (size_t at = 0; at + needle.n <= text.n; at++)
		if (is_at(needle, text, at, exact))
			return at;
	return SIZE_MAX;
}

// In pieces, with a cut after one of them (choice 2): no match crosses that.
static void check_stream(struct op *op, const struct needle *n, struct span needle,
	struct span text, const uint8_t *choice)
{
	struct needle_stream s;
	size_t step = 1u + choice[2], cut = choice[0] & 2 ? text.n / 2 / step * step : 0;
	bool exact = choice[0] & 1;
	bool want = find_plainly(needle, span_cut(text, 0, cut), exact) != SIZE_MAX ||
		find_plainly(needle, span_skip(text, cut), exact) != SIZE_MAX;
	must(needle_stream_make(op, &op->arena, n, &s) == 0);
	for (size_t at = 0; at < text.n; at += step) {
		if (at == cut)
			needle_stream_cut(&s);
		// Octets of its own, so that reading past a piece is seen.
		struct span piece = span_cut(text, at, at + step);
		char *copy = arena_bytes(&op->arena, piece.n);
		must(copy);
		memcpy(copy, piece.p, piece.n);
		needle_stream_feed(&s, span_of(copy, piece.n));
	}
	must(s.found == want);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct op op;
	struct needle n;
	if (size < 3)
		return 0;
	struct span rest = span_of(data + 3, size - 3), needle = span_cut(rest, 0, data[1]),
		    text = span_skip(rest, needle.n);
	bool exact = data[0] & 1;
	op_init(&op, 0);
	must((exact ? needle_make_exact(&op, &op.arena, needle, &n)
		    : needle_make(&op, &op.arena, needle, &n)) == 0);
	size_t want = find_plainly(needle, text, exact);
	must(needle_find(&n, text) == want);
	if (exact) {
		const char *found = memmem(text.p, text.n, needle.p, needle.n);
		must(found ? want == (size_t)(found - text.p) : want == SIZE_MAX);
	}
	check_stream(&op, &n, needle, text, data);
	op_done(&op);
	return 0;
}

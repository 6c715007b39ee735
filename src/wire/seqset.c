// SPDX-License-Identifier: Apache-2.0
// Sequence sets (RFC 9051 section 9 "sequence-set"): see cursor.h.
#include "base/numset.h"
#include "wire/cursor.h"

// seq-number = nz-number / "*"
static uint32_t seq_number(struct cursor *c)
{
	if (cursor_try_char(c, '*'))
		return 0;
	int ch = cursor_peek(c);
	if (ch < '1' || ch > '9')
		cursor_fail(c, "a message number or *");
	return cursor_nz_number(c);
}

static void grow(struct cursor *c, struct seqset *s, size_t *cap)
{
	size_t want = *cap ? *cap * 2 : 4;
	struct numrange *p = arena_array(c->arena, want, sizeof *p);
	if (!p) {
		cursor_fail_rc(c, RC_LIMIT, "fewer ranges");
		return;
	}
	if (s->count)
		memcpy(p, s->ranges, s->count * sizeof *p);
	s->ranges = p;
	*cap = want;
}

void cursor_sequence_set(struct cursor *c, struct seqset *ret_set)
{
	struct seqset s = { .at = c->at };
	size_t cap = 0;
	*ret_set = s;
	if (cursor_try_char(c, '$')) {
		ret_set->saved = true;
		return;
	}
	do {
		struct numrange r;
		r.first = r.last = seq_number(c);
		if (cursor_try_char(c, ':'))
			r.last = seq_number(c);
		if (s.count == cap)
			grow(c, &s, &cap);
		if (cursor_is_bad(c))
			return;
		s.ranges[s.count++] = r;
	} while (cursor_try_char(c, ','));
	*ret_set = s;
}

void seqset_resolve(const struct seqset *s, uint32_t max, struct numset *to)
{
	for (size_t i = 0; i < s->count; i++) {
		uint32_t first = s->ranges[i].first, last = s->ranges[i].last;
		if (!first && !last && !max)
			continue;
		if (!first)
			first = max ? max : last;
		if (!last)
			last = max ? max : first;
		numset_add_range(to, first, last);
	}
}

uint32_t seqset_max(const struct seqset *s)
{
	uint32_t max = 0;
	for (size_t i = 0; i < s->count; i++) {
		if (s->ranges[i].first > max)
			max = s->ranges[i].first;
		if (s->ranges[i].last > max)
			max = s->ranges[i].last;
	}
	return max;
}

bool seqset_has_star(const struct seqset *s)
{
	for (size_t i = 0; i < s->count; i++)
		if (!s->ranges[i].first || !s->ranges[i].last)
			return true;
	return false;
}

// SPDX-License-Identifier: Apache-2.0
// A digit takes two walks: how often each value occurs, in any order, and then each item to its place.
#include "mail/ranksort.h"

#include <string.h>

#define VALUES (1u << RANKSORT_BITS)

void ranksort_init(struct ranksort *r, uint32_t *order, uint32_t *spare, size_t n)
{
	*r = (struct ranksort){ .order = order, .spare = spare, .n = n };
	for (size_t i = 0; i < n; i++)
		order[i] = (uint32_t)i;
}

static void begin_digit(struct ranksort *r, unsigned shift)
{
	r->shift = shift;
	r->counted = false;
	r->at = 0;
	memset(r->places, 0, sizeof r->places);
}

void ranksort_by(struct ranksort *r, const uint32_t *ranks, uint32_t different, bool reverse)
{
	r->ranks = ranks;
	r->different = different;
	r->reverse = reverse;
	begin_digit(r, 0);
}

// All bits turned round is the other way round.
static uint32_t flip_of(const struct ranksort *r)
{
	return r->reverse ? UINT32_MAX : 0;
}

static void count(struct ranksort *r, size_t end)
{
	const uint32_t *ranks = r->ranks;
	uint32_t flip = flip_of(r);
	unsigned shift = r->shift;
	for (size_t i = r->at; i < end; i++)
		r->places[(ranks[i] ^ flip) >> shift & (VALUES - 1)]++;
	r->at = end;
}

static void move(struct ranksort *r, size_t end)
{
	const uint32_t *ranks = r->ranks, *order = r->order;
	uint32_t *to = r->spare, flip = flip_of(r);
	unsigned shift = r->shift;
	for (size_t i = r->at; i < end; i++)
		to[r->places[(ranks[order[i]] ^ flip) >> shift & (VALUES - 1)]++] = order[i];
	r->at = end;
}

// Counts become places.
static void place(struct ranksort *r)
{
	uint32_t before = 0;
	for (size_t v = 0; v < VALUES; v++) {
		uint32_t count = r->places[v];
		r->places[v] = before;
		before += count;
	}
	r->counted = true;
	r->at = 0;
}

bool ranksort_run(struct ranksort *r, size_t steps)
{
	while (r->different > 1 && r->shift < 32 && (r->different - 1) >> r->shift) {
		size_t end = steps < r->n - r->at ? r->at + steps : r->n;
		steps -= end - r->at;
		if (r->counted)
			move(r, end);
		else
			count(r, end);
		if (r->at < r->n)
			return false;
		if (!r->counted) {
			place(r);
			continue;
		}
		uint32_t *ordered = r->spare;
		r->spare = r->order;
		r->order = ordered;
		begin_digit(r, r->shift + RANKSORT_BITS);
	}
	return true;
}

// SPDX-License-Identifier: Apache-2.0
// Starling: a set of 32-bit numbers (UIDs, sequence numbers) as sorted, disjoint, non-adjacent ranges.
// Adding in ascending order costs O(1); anything else O(n) in the number of ranges. Memory grows with the
// ranges, not the numbers. Owned memory; zeroed is the empty set.
#ifndef BASE_NUMSET_H
#define BASE_NUMSET_H

#include "base/span.h"

struct numrange {
	uint32_t first, last; // first <= last
};
struct numset {
	struct numrange *ranges;
	size_t count, cap;
	bool failed; // out of memory, sticky
};

void numset_done(struct numset *s);
void numset_reset(struct numset *s);
static inline void numset_add(struct numset *s, uint32_t v);
void numset_add_range(struct numset *s, uint32_t first, uint32_t last); // either order
void numset_add_set(struct numset *s, const struct numset *more);
void numset_remove_range(struct numset *s, uint32_t first, uint32_t last);
void numset_copy(struct numset *to, const struct numset *from); // replaces `to`
void numset_intersect(struct numset *s, const struct numset *with);
void numset_subtract(struct numset *s, const struct numset *less); // O(n)
bool numset_has(const struct numset *s, uint32_t v);               // O(log n)
// How many numbers are in the set; how many are <= v.
uint64_t numset_size(const struct numset *s);
uint64_t numset_rank(const struct numset *s, uint32_t v);
// The i-th number in ascending order, from 0; 0 if there is none.
uint32_t numset_nth(const struct numset *s, uint64_t i);
static inline bool numset_is_empty(const struct numset *s)
{
	return s->count == 0;
}
static inline uint32_t numset_min(const struct numset *s)
{
	return s->count ? s->ranges[0].first : 0;
}
static inline uint32_t numset_max(const struct numset *s)
{
	return s->count ? s->ranges[s->count - 1].last : 0;
}
// Appends "1:3,7" (RFC 9051 sequence-set without "*"); nothing for the empty set.
struct buf;
void numset_print(const struct numset *s, struct buf *to);
// The smallest number >= v in the set, walking: 0 if none. *hint is a position kept by the caller (start 0).
uint32_t numset_next(const struct numset *s, uint32_t v, size_t *hint);

// Numbers mostly come in order.
static inline void numset_add(struct numset *s, uint32_t v)
{
	struct numrange *last = s->count ? &s->ranges[s->count - 1] : NULL;
	if (likely(last && v && last->last == v - 1))
		last->last = v;
	else
		numset_add_range(s, v, v);
}

#endif

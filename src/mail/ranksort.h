// SPDX-License-Identifier: Apache-2.0
// Starling: orders items by their ranks (small numbers), the least important ones first: stable, by digits, so that it costs the same whatever the
// order was, a few nanoseconds an item. Done in portions.
#ifndef MAIL_RANKSORT_H
#define MAIL_RANKSORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RANKSORT_BITS 11u // of a digit
struct ranksort {
	uint32_t *order, *spare; // `order`: items 0..n-1 as they are now
	size_t n;
	const uint32_t *ranks; // of each item
	uint32_t different;    // all are below it
	bool reverse;
	unsigned shift; // the present digit
	bool counted;   // and which half of its work is under way
	size_t at;
	uint32_t places[1u << RANKSORT_BITS];
};

// The caller owns both arrays of n; items stand in the order of their numbers.
void ranksort_init(struct ranksort *r, uint32_t *order, uint32_t *spare, size_t n);
// Begins to order by these ranks (n; the caller's until it is over); equal ones stay in the order in which they are.
void ranksort_by(struct ranksort *r, const uint32_t *ranks, uint32_t different, bool reverse);
// Moves at most `steps` items or so. True: done, r->order has the result.
bool ranksort_run(struct ranksort *r, size_t steps);

#endif

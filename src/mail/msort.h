// SPDX-License-Identifier: Apache-2.0
// Starling: a merge sort that may rest: stable, n log n whatever the input, and done in portions, so that a session that sorts a million
// messages gives up its thread between them. The caller owns both arrays.
#ifndef MAIL_MSORT_H
#define MAIL_MSORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct msort_item {
	uint64_t head; // compared first
	uint32_t at;   // which one it is
};
struct msort {
	struct msort_item *items, *spare; // `items` holds the result in the end
	size_t n;
	// Order of two with equal heads: <0, 0, >0. NULL: all are equal.
	int (*tie)(const void *ctx, uint32_t a, uint32_t b);
	const void *ctx;
	size_t width;       // runs of so many are sorted
	size_t low;         // where the present pair of runs begins
	size_t left, right; // next of each run
	size_t out;
};

void msort_init(struct msort *m, struct msort_item *items, struct msort_item *spare, size_t n);
// Moves at most `steps` items or so. True: sorted.
bool msort_run(struct msort *m, size_t steps);

#endif

// SPDX-License-Identifier: Apache-2.0
// Starling: partial-range (RFC 9394 section 4): some of an ordered result, counted from its first or from its last one.
#ifndef IMAP_PARTIAL_H
#define IMAP_PARTIAL_H

#include "base/numset.h"
#include "imap/command.h"

struct rope;

struct partial_range {
	uint32_t said[2];     // as the client wrote them, without "-"
	uint32_t first, last; // first <= last, from 1
	bool from_end;        // 1 is the last one
};
// partial-range = nz-number ":" nz-number / MINUS nz-number ":" MINUS nz-number. RC_NOMEM, or the cursor's error.
int partial_take(struct session *s, struct cursor *in, struct partial_range **ret_range);
void partial_write(const struct partial_range *range, struct rope *out); // as the client wrote it
static inline uint64_t partial_size(const struct partial_range *range)
{
	return (uint64_t)range->last - range->first + 1;
}
// Which of `count` results it means: 0-based [*ret_from, *ret_to), empty when there are none.
void partial_places(
	const struct partial_range *range, uint64_t count, uint64_t *ret_from, uint64_t *ret_to);
// Adds those of the set to *to; check to->failed.
void partial_of(const struct partial_range *range, const struct numset *set, struct numset *to);

#endif

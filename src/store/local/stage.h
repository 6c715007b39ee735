// SPDX-License-Identifier: Apache-2.0
// Starling: groups past the page cache. A direct write takes whole pages of aligned memory, so a group is laid out in one piece: what the log has in front of it
// in its first page, its frames, zeros up to the end of its last page. What is in front is kept from the group before, and else read.
//
// For whoever writes groups, one at a time.
#ifndef STORE_LOCAL_STAGE_H
#define STORE_LOCAL_STAGE_H

#include "store/local/segment.h"

struct stage {
	char *room; // aligned to pages; NULL: none yet
	size_t cap;
	uint64_t end; // position where the last group ended; 0: not known
	size_t last;  // offset in `room` of the page that it ended in
};

void stage_done(struct stage *g); // of an initialised one: zeros
// The group that begins at `start` of the segment, as its vectors have it, which end with a page. *ret_pages is good until the next call and begins with
// the page of `start`. 0 or an errno.
int stage_lay(struct stage *g, const struct segment *s, uint64_t start, const struct iovec *iov,
	size_t count, struct span *ret_pages);
// It was written, and ended at this position.
void stage_keep(struct stage *g, uint64_t end);
// Gives back memory that is more than small groups need.
void stage_shrink(struct stage *g);

#endif

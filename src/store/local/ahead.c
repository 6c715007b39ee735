// SPDX-License-Identifier: Apache-2.0
// Hints that blobs will be opened soon. The messages of a mailbox lie some KB from one another, and opening one waits for memory several times: for
// the translation of its address, its frame, its card's head, index and texts, its header. While others are worked on, that comes by itself when
// the processor is told early enough. Prefetches change nothing, do not fault, and pass over what is not mapped.
//
// A hint is followed within the segment of an open blob, which that holds: no reference is taken. Others are left alone; segments are long.
#include "store/local/local_priv.h"

#define LINE 64u // octets of a cache line
#define CARD_MOST                                                                                  \
	2048u // octets of a card that are told of: the processor has room for so many lines only
#define BODY_LINES 36u // a header up to the fields that clients ask for, behind the trace fields

static const char *frame_of(const struct blob *b, struct blob_ref next)
{
	const struct segment *s = blob_segment(b);
	uint32_t offset = pos_offset(next.hint);
	bool here = pos_segment(next.hint) == pos_segment(b->ref.hint) &&
		offset + (uint64_t)FRAME_HEADER <= s->size;
	return here ? s->map + offset : NULL;
}

static void lines_ahead(const char *p, uint32_t lines)
{
	for (uint32_t i = 0; i < lines; i++)
		__builtin_prefetch(p + (size_t)i * LINE);
}

void local_blob_ahead(struct store *s, const struct blob *b, struct blob_ref next, uint32_t octets)
{
	const char *frame = frame_of(b, next);
	if (!frame)
		return;
	if (octets > CARD_MOST)
		octets = CARD_MOST;
	lines_ahead(frame, (FRAME_HEADER + BLOB_FIELDS + octets + LINE - 1) / LINE);
	checked_ahead(&local_of(s)->checked, next.hint);
}

// Where a body begins is said by its frame. It is not verified here: a wrong number leads to lines that nobody needs.
void local_body_ahead(struct store *s, const struct blob *b, struct blob_ref next)
{
	(void)s;
	const char *frame = frame_of(b, next);
	struct frame f;
	if (frame && frame_decode_again(frame, &f))
		lines_ahead(frame + FRAME_HEADER + f.first, BODY_LINES);
}

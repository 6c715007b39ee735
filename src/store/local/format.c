// SPDX-License-Identifier: Apache-2.0
// Encoding and decoding of format.h. Nothing here trusts a byte that a checksum has not covered.
#include "store/local/format.h"

#include "base/clock.h"
#include "base/crc32c.h"

#include <assert.h>

#define MAGIC "STARLOG\n"
#define HEADER_BYTES 52u
#define HEADER_COPY 2048u

static_assert(GROUP_FRAME % 8 == 0, "a GROUP frame needs no padding");
static_assert(2 * (uint64_t)PAYLOAD_MAX < SEGMENT_MIN, "every frame fits into every segment");

void segment_header_encode(char to[SEGMENT_HEADER], const struct segment_header *h)
{
	memset(to, 0, SEGMENT_HEADER);
	memcpy(to, MAGIC, 8);
	store_u32(to + 8, SEGMENT_VERSION);
	store_u64(to + 16, h->number);
	store_u64(to + 24, h->size);
	store_u64(to + 32, h->nonce);
	store_u64(to + 40, (uint64_t)clock_real());
	store_u32(to + 48, crc32c(0, span_of(to, 48)));
	memcpy(to + HEADER_COPY, to, HEADER_BYTES);
}

static int header_decode(const char *from, struct segment_header *ret_header)
{
	if (memcmp(from, MAGIC, 8) != 0 || load_u32(from + 48) != crc32c(0, span_of(from, 48)))
		return RC_CORRUPT;
	if (load_u32(from + 8) != SEGMENT_VERSION)
		return RC_VERSION;
	struct segment_header h = { (uint32_t)load_u64(from + 16), load_u64(from + 24),
		load_u64(from + 32) };
	if (h.size < SEGMENT_MIN || h.size > SEGMENT_MAX || load_u64(from + 16) > UINT32_MAX ||
		h.number == 0)
		return RC_CORRUPT;
	*ret_header = h;
	return 0;
}

int segment_header_decode(const char *from, struct segment_header *ret_header)
{
	int rc = header_decode(from, ret_header);
	return rc == RC_CORRUPT ? header_decode(from + HEADER_COPY, ret_header) : rc;
}

bool segment_header_is_hurt(const char *from)
{
	static const char none[HEADER_BYTES];
	return memcmp(from + HEADER_COPY, none, HEADER_BYTES) != 0 &&
		memcmp(from + HEADER_COPY, from, HEADER_BYTES) != 0;
}

bool segment_header_remedy(const char *from, uint32_t *ret_good, uint32_t *ret_bad, uint32_t *ret_n)
{
	struct segment_header h;
	bool first = header_decode(from, &h) == 0;
	if (!segment_header_is_hurt(from) || (!first && header_decode(from + HEADER_COPY, &h) != 0))
		return false;
	*ret_good = first ? 0 : HEADER_COPY; // of two that can be read the first is believed
	*ret_bad = first ? HEADER_COPY : 0;
	*ret_n = HEADER_BYTES;
	return true;
}

uint32_t segment_seed(uint64_t nonce)
{
	return crc32c(0, span_of(&nonce, sizeof nonce));
}

void frame_encode(char to[FRAME_HEADER], const struct frame *f, uint32_t seed)
{
	memset(to, 0, FRAME_HEADER);
	store_u32(to + 4, f->length);
	store_u64(to + 8, f->seq);
	to[16] = (char)f->type;
	to[17] = (char)f->version;
	store_u32(to + 20, f->first);
	store_u32(to + 24, f->first_crc);
	store_u32(to + 28, f->rest_crc);
	store_u32(to, crc32c(seed, span_of(to + 4, FRAME_HEADER - 4)));
}

bool frame_decode(const char *from, uint32_t seed, struct frame *ret_frame)
{
	return load_u32(from) == crc32c(seed, span_of(from + 4, FRAME_HEADER - 4)) &&
		frame_decode_again(from, ret_frame);
}

bool frame_decode_again(const char *from, struct frame *ret_frame)
{
	struct frame f = { .length = load_u32(from + 4),
		.first = load_u32(from + 20),
		.seq = load_u64(from + 8),
		.type = (unsigned char)from[16],
		.version = (uint8_t)from[17],
		.first_crc = load_u32(from + 24),
		.rest_crc = load_u32(from + 28) };
	*ret_frame = f;
	return f.length <= PAYLOAD_MAX && f.first <= f.length;
}

bool frame_first_ok(const struct frame *f, const char *payload)
{
	return crc32c(0, span_of(payload, f->first)) == f->first_crc;
}

bool frame_rest_ok(const struct frame *f, const char *payload)
{
	return crc32c(0, span_of(payload + f->first, f->length - f->first)) == f->rest_crc;
}

void blob_fields_encode(char to[BLOB_FIELDS], const struct blob_fields *b)
{
	store_u64(to, b->id);
	store_u64(to + 8, b->replaces);
	store_u64(to + 16, b->owner.partition);
	store_u32(to + 24, b->owner.mailbox);
	store_u32(to + 28, b->owner.uid);
	store_u64(to + 32, (uint64_t)b->owner.internal_date);
	store_u32(to + 40, b->owner.flags);
	store_u32(to + 44, b->card_n);
	store_u64(to + 48, b->size);
	store_u32(to + 56, b->extent_count);
	store_u32(to + 60, 0);
}

bool blob_fields_decode(const struct frame *f, const char *payload, struct blob_fields *ret_fields)
{
	if (f->first < BLOB_FIELDS)
		return false;
	struct blob_fields b = { .id = load_u64(payload),
		.replaces = load_u64(payload + 8),
		.size = load_u64(payload + 48),
		.owner = { .partition = load_u64(payload + 16),
			.mailbox = load_u32(payload + 24),
			.uid = load_u32(payload + 28),
			.internal_date = (int64_t)load_u64(payload + 32),
			.flags = load_u32(payload + 40) },
		.card_n = load_u32(payload + 44),
		.extent_count = load_u32(payload + 56) };
	uint64_t first = BLOB_FIELDS + (uint64_t)b.extent_count * EXTENT_ENTRY + b.card_n;
	if (first != f->first ||
		b.size != (uint64_t)b.extent_count * BLOB_EXTENT + (f->length - f->first))
		return false;
	*ret_fields = b;
	return true;
}

void group_fields_encode(char to[GROUP_PAYLOAD], const struct group_fields *g)
{
	store_u64(to, g->before);
	store_u32(to + 8, g->bytes);
	store_u32(to + 12, g->frames);
	store_u64(to + 16, (uint64_t)g->time);
}

struct group_fields group_fields_decode(const char *payload)
{
	return (struct group_fields){ load_u64(payload), load_u32(payload + 8),
		load_u32(payload + 12), (int64_t)load_u64(payload + 16) };
}

// SPDX-License-Identifier: Apache-2.0
#include "net/zip.h"

#include <limits.h>
#include <stdlib.h>
#define ZLIB_CONST
#include <zlib.h>

#include "base/limits.h"
#include "base/must.h"

#define PIECE (16u << 10)  // room that the deflater gets at a time
#define INFLATE_BITS (-15) // raw; RFC 1951 allows the peer distances of 32 KiB
#define WINDOW_MAX (32u << 10)
#define DEFLATE_BYTES (72u << 10) // what zlib asks for at our level: 5,952 + 64 KiB, and alignment
#define INFLATE_BYTES (40u << 10) // 7,160 + 32 KiB
// z_stream.data_type after inflate().
#define AT_BLOCK_END 128
#define UNUSED_BITS 7

// A stream and all the memory that zlib wants for it, in one block of a pool.
struct stream {
	z_stream z;
	char *end; // of the block
	char *at;  // its free part
};
struct zip {
	struct zip_pools *pools;
	struct stream *deflater; // NULL: to be made when there is output
	struct stream *inflater; // NULL: to be made when there is input
	bool dirty;              // the deflater has taken bytes since it was flushed
	bool more;               // the inflater stopped for lack of room
	bool ended;              // the peer's stream is at its end or broken
	uint8_t bits, byte;      // of a given-up inflater: unused bits of the last byte of input
	size_t plain_left;
	struct rope packed;
	struct input raw;
	char *window; // of a given-up inflater: what the peer may refer to
	unsigned window_size;
};

bool zip_pools_init(struct zip_pools *p, struct pool *buffers)
{
	*p = (struct zip_pools){ .buffers = buffers,
		.deflate = pool_new(DEFLATE_BYTES, NET_ZIP_POOL),
		.inflate = pool_new(INFLATE_BYTES, NET_ZIP_POOL) };
	return p->deflate && p->inflate;
}

void zip_pools_done(struct zip_pools *p)
{
	pool_free(p->deflate);
	pool_free(p->inflate);
}

// zlib's allocator: from the block, and from the heap what a zlib that needs more wants beyond it.
static voidpf stream_alloc(voidpf opaque, uInt count, uInt size)
{
	struct stream *s = opaque;
	size_t n = ((size_t)count * size + 15) & ~(size_t)15;
	if (n > (size_t)(s->end - s->at))
		return malloc(n);
	char *p = s->at;
	s->at += n;
	return p;
}

static void stream_release(voidpf opaque, voidpf p)
{
	const struct stream *s = opaque;
	if ((char *)p < (const char *)s || (char *)p >= s->end)
		free(p);
}

static struct stream *stream_new(struct pool *pool)
{
	char *block = pool_take(pool);
	if (!block)
		return NULL;
	struct stream *s = (void *)block;
	*s = (struct stream){
		.end = block + pool_block_size(pool),
		.at = block + ((sizeof *s + 15) & ~(size_t)15),
		.z = { .zalloc = stream_alloc, .zfree = stream_release, .opaque = s },
	};
	return s;
}

int zip_new(struct op *op, struct zip_pools *pools, struct span early, size_t plain,
	struct zip **ret_zip)
{
	struct zip *z = calloc(1, sizeof *z);
	if (!z)
		return op_fail(op, RC_NOMEM, "no memory for compression");
	z->pools = pools;
	z->plain_left = plain;
	if (early.n) {
		size_t room;
		char *p = input_room(&z->raw, pools->buffers, early.n, &room);
		if (!p) {
			free(z);
			return op_fail(op, RC_NOMEM, "no memory for compression");
		}
		memcpy(p, early.p, early.n);
		input_added(&z->raw, early.n);
	}
	*ret_zip = z;
	return 0;
}

static void deflater_free(struct zip *z)
{
	if (z->deflater)
		(void)deflateEnd(
			&z->deflater->z); // Z_DATA_ERROR when output is lost: it is given up
	pool_give(z->pools->deflate, z->deflater);
	z->deflater = NULL;
}

static void inflater_free(struct zip *z)
{
	if (z->inflater)
		(void)inflateEnd(&z->inflater->z);
	pool_give(z->pools->inflate, z->inflater);
	z->inflater = NULL;
}

void zip_free(struct zip *z)
{
	if (!z)
		return;
	deflater_free(z);
	inflater_free(z);
	rope_done(&z->packed);
	input_done(&z->raw, z->pools->buffers);
	free(z->window);
	free(z);
}

size_t zip_plain_left(const struct zip *z)
{
	return z->plain_left;
}

void zip_plain_sent(struct zip *z, size_t n)
{
	z->plain_left -= n;
}

struct rope *zip_packed(struct zip *z)
{
	return &z->packed;
}

struct input *zip_raw(struct zip *z)
{
	return &z->raw;
}

// --- output ---

static int deflater_make(struct op *op, struct zip *z)
{
	z->deflater = stream_new(z->pools->deflate);
	if (z->deflater &&
		deflateInit2(&z->deflater->z, NET_ZIP_LEVEL, Z_DEFLATED, -NET_ZIP_WINDOW_BITS,
			NET_ZIP_MEM_LEVEL, Z_DEFAULT_STRATEGY) == Z_OK)
		return 0;
	pool_give(z->pools->deflate, z->deflater);
	z->deflater = NULL;
	return op_fail(op, RC_NOMEM, "no memory for compression");
}

// One call of deflate() into the packed rope; true when it made all it could.
static bool deflate_piece(struct zip *z, int flush)
{
	char *to = rope_room(&z->packed, PIECE);
	if (!to)
		return true;
	z->deflater->z.next_out = (void *)to;
	z->deflater->z.avail_out = PIECE;
	int rc = deflate(&z->deflater->z, flush);
	must(rc == Z_OK || rc == Z_BUF_ERROR);
	rope_wrote(&z->packed, PIECE - z->deflater->z.avail_out);
	return z->deflater->z.avail_out > 0;
}

int zip_deflate(struct op *op, struct zip *z, struct rope *out)
{
	if (rope_size(out) == 0 && !z->dirty)
		return 0;
	if (!z->deflater && deflater_make(op, z) < 0)
		return RC_NOMEM;
	while (rope_size(out) && rope_size(&z->packed) < NET_ZIP_PACKED && !z->packed.failed) {
		struct span front = span_cut(rope_front(out), 0, NET_ZIP_PACKED);
		z->deflater->z.next_in = (const void *)front.p;
		z->deflater->z.avail_in = (unsigned)front.n;
		z->dirty = true;
		(void)deflate_piece(z, Z_NO_FLUSH); // what it did not take comes again
		rope_consume(out, front.n - z->deflater->z.avail_in);
	}
	if (rope_size(out) == 0) {
		z->deflater->z.avail_in = 0;
		while (!deflate_piece(z, Z_SYNC_FLUSH))
			;
		z->dirty = false;
	}
	if (z->packed.failed)
		return op_fail(op, RC_NOMEM, "no memory for output");
	return 1;
}

// --- input ---

static int inflater_make(struct op *op, struct zip *z)
{
	z->inflater = stream_new(z->pools->inflate);
	if (!z->inflater || inflateInit2(&z->inflater->z, INFLATE_BITS) != Z_OK) {
		pool_give(z->pools->inflate, z->inflater);
		z->inflater = NULL;
		return op_fail(op, RC_NOMEM, "no memory for compression");
	}
	if (z->bits)
		must(inflatePrime(&z->inflater->z, z->bits, z->byte >> (8 - z->bits)) == Z_OK);
	if (z->window_size &&
		inflateSetDictionary(&z->inflater->z, (const void *)z->window, z->window_size) !=
			Z_OK) {
		inflater_free(z);
		return op_fail(op, RC_NOMEM, "no memory for compression");
	}
	free(z->window);
	z->window = NULL;
	z->window_size = 0;
	z->bits = 0;
	return 0;
}

int zip_inflate(struct op *op, struct zip *z, char *p, size_t n)
{
	struct span raw = input_span(&z->raw);
	if (z->ended)
		return op_fail(op, RC_CLOSED, "the compressed input is at its end");
	if (raw.n == 0 && !z->more)
		return 0;
	if (!z->inflater && inflater_make(op, z) < 0)
		return RC_NOMEM;
	if (n > INT_MAX)
		n = INT_MAX;
	z_stream *s = &z->inflater->z;
	s->next_in = (const void *)raw.p;
	s->avail_in = (unsigned)raw.n;
	s->next_out = (void *)p;
	s->avail_out = (unsigned)n;
	int rc = inflate(s, Z_SYNC_FLUSH);
	size_t taken = raw.n - s->avail_in;
	if (taken)
		z->byte = (uint8_t)raw.p[taken - 1];
	input_consume(&z->raw, taken);
	z->more = s->avail_out == 0;
	z->ended = rc != Z_OK && rc != Z_BUF_ERROR;
	int made = (int)(n - s->avail_out);
	if (made > 0 || (!z->ended && s->avail_in == 0))
		return made;
	return op_fail(op, rc == Z_MEM_ERROR ? RC_NOMEM : RC_CLOSED,
		"the compressed input is at its end or damaged");
}

// --- memory ---

static bool deflater_is_idle(const struct zip *z)
{
	return z->deflater && !z->dirty;
}

// Between two blocks all that an inflater knows is its window and at most seven bits.
static bool inflater_is_idle(const struct zip *z)
{
	return z->inflater && !z->more && !z->ended && input_size(&z->raw) == 0 &&
		(z->inflater->z.data_type & AT_BLOCK_END) && (z->inflater->z.data_type & 64) == 0;
}

bool zip_park(struct zip *z)
{
	input_park(&z->raw, z->pools->buffers);
	if (rope_size(&z->packed) == 0)
		rope_done(&z->packed);
	return deflater_is_idle(z) || inflater_is_idle(z);
}

void zip_idle(struct zip *z)
{
	if (deflater_is_idle(z))
		deflater_free(z);
	if (!inflater_is_idle(z))
		return;
	unsigned size = 0;
	must(inflateGetDictionary(&z->inflater->z, NULL, &size) == Z_OK && size <= WINDOW_MAX);
	char *window = size ? malloc(size) : NULL;
	if (size && !window)
		return; // it stays as it is
	if (size)
		must(inflateGetDictionary(&z->inflater->z, (void *)window, &size) == Z_OK);
	z->window = window;
	z->window_size = size;
	z->bits = (uint8_t)(z->inflater->z.data_type & UNUSED_BITS);
	inflater_free(z);
}

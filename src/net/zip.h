// SPDX-License-Identifier: Apache-2.0
// Starling: COMPRESS=DEFLATE of a connection (RFC 4978): a raw deflate stream each way.
//
// What a compressed connection costs: while it talks, the deflater 72 KiB (window 8 KiB) and the inflater 40 KiB, each
// made when first needed. Some seconds after it fell silent, the deflater is given up: after a flush the
// stream is at a byte border, and a new deflater simply never refers back. The inflater is given up too, but the peer
// may refer to the last 32 KiB it sent, so those are kept: as many bytes as it has sent, up to 32 KiB. An IDLE client
// that sent 2 KiB of commands costs 2 KiB more than without COMPRESS.
#ifndef NET_ZIP_H
#define NET_ZIP_H

#include "base/op.h"
#include "base/rope.h"
#include "net/input.h"

struct zip;

// Where the memory comes from; shared by all, outlives every zip.
struct zip_pools {
	struct pool *buffers;           // of input
	struct pool *deflate, *inflate; // all that zlib needs for one stream
};
bool zip_pools_init(struct zip_pools *p, struct pool *buffers); // false: out of memory
void zip_pools_done(struct zip_pools *p);                       // leaves the buffers

// `early` is input that is compressed already; `plain` bytes that wait in the output still go out as they are.
int zip_new(struct op *op, struct zip_pools *pools, struct span early, size_t plain,
	struct zip **ret_zip);
void zip_free(struct zip *z);

size_t zip_plain_left(const struct zip *z);
void zip_plain_sent(struct zip *z, size_t n);
// Compressed bytes to be sent.
struct rope *zip_packed(struct zip *z);
// Compresses some of `out` into the packed rope, and flushes when it has taken all: 1 there is something packed, 0 there
// is nothing more, RC_NOMEM.
int zip_deflate(struct op *op, struct zip *z, struct rope *out);

// Compressed bytes received.
struct input *zip_raw(struct zip *z);
// Inflates at most n bytes: > 0 so many, 0 it needs more raw input, RC_CLOSED the peer's stream is at its end or not
// deflate, RC_NOMEM. However much a bomb would become, no more than n is made.
int zip_inflate(struct op *op, struct zip *z, char *p, size_t n);

// The connection parks: gives back empty buffers. True: zip_idle() would free more.
bool zip_park(struct zip *z);
// Nothing happened for a while: gives up what can be made again.
void zip_idle(struct zip *z);

#endif

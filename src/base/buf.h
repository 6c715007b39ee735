// SPDX-License-Identifier: Apache-2.0
// Starling: a growing byte buffer that owns its memory. Zeroed is empty and valid. A failed growth makes
// the buffer `failed` (sticky) and later additions no-ops, so that a writer checks once at the end.
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include "base/span.h"

#include <stdarg.h>

struct buf {
	char *p;
	size_t n;   // bytes in use
	size_t cap; // bytes allocated
	bool failed;
};

void buf_done(struct buf *b);                // frees; accepts zeroed; leaves it zeroed
void buf_reset(struct buf *b);               // empties, keeps the memory
void buf_shrink(struct buf *b, size_t keep); // empties; gives memory beyond `keep` bytes back

// Room for n more bytes at the returned place (NULL if out of memory); buf_added() then counts them.
static inline char *buf_room(struct buf *b, size_t n) must_use;
static inline void buf_added(struct buf *b, size_t n)
{
	b->n += n;
}
static inline void buf_add(struct buf *b, struct span s);
static inline void buf_addc(struct buf *b, char c);
void buf_addf(struct buf *b, const char *fmt, ...) printf_like(2, 3);
void buf_addu(struct buf *b, uint64_t v);       // decimal
void buf_add_hex(struct buf *b, struct span s); // two digits (0-9, a-f) an octet
// Little-endian fixed-width integers: the byte order of every format of ours on disk.
void buf_add_u8(struct buf *b, uint8_t v);
void buf_add_u16(struct buf *b, uint16_t v);
void buf_add_u32(struct buf *b, uint32_t v);
void buf_add_u64(struct buf *b, uint64_t v);
// LEB128; at most 10 bytes.
void buf_add_varint(struct buf *b, uint64_t v);
// A varint length and the bytes.
void buf_add_field(struct buf *b, struct span s);
// Removes n bytes from the front (moves the rest).
void buf_consume(struct buf *b, size_t n);

char *buf_room_slow(struct buf *b, size_t n) must_use; // private
static inline char *buf_room(struct buf *b, size_t n)
{
	return likely(b->cap - b->n >= n && b->p && !b->failed) ? b->p + b->n : buf_room_slow(b, n);
}
static inline void buf_add(struct buf *b, struct span s)
{
	char *to = s.n ? buf_room(b, s.n) : NULL;
	if (!to)
		return;
	memcpy(to, s.p, s.n);
	b->n += s.n;
}
static inline void buf_addc(struct buf *b, char c)
{
	char *to = buf_room(b, 1);
	if (!to)
		return;
	*to = c;
	b->n++;
}

static inline struct span buf_span(const struct buf *b)
{
	return (struct span){ b->p, b->n };
}

// Writes v in decimal at p (room for 20 bytes); returns the number of bytes.
size_t u64_print(char *p, uint64_t v);

// A reader over bytes with a sticky error: past the end or malformed, `bad` is set and every later get
// returns 0 or the empty span. For data that came from a disk or another process.
struct reader {
	struct span rest;
	bool bad;
};
static inline struct reader reader_of(struct span s)
{
	return (struct reader){ s, false };
}
uint8_t reader_u8(struct reader *r);
uint16_t reader_u16(struct reader *r);
uint32_t reader_u32(struct reader *r);
uint64_t reader_u64(struct reader *r);
uint64_t reader_varint(struct reader *r);
struct span reader_bytes(struct reader *r, size_t n);
struct span reader_field(struct reader *r); // varint length, bytes
static inline bool reader_at_end(const struct reader *r)
{
	return r->bad || r->rest.n == 0;
}

// Unaligned little-endian loads and stores.
static inline uint32_t load_u32(const void *p)
{
	uint32_t v;
	memcpy(&v, p, sizeof v);
	return v;
}
static inline uint64_t load_u64(const void *p)
{
	uint64_t v;
	memcpy(&v, p, sizeof v);
	return v;
}
static inline void store_u32(void *p, uint32_t v)
{
	memcpy(p, &v, sizeof v);
}
static inline void store_u64(void *p, uint64_t v)
{
	memcpy(p, &v, sizeof v);
}
#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "formats on disk are little-endian; big-endian machines need byte swaps here"
#endif

#endif

// SPDX-License-Identifier: Apache-2.0
// Starling: a rope is output on its way: small pieces it owns and references into bytes that a `hold` keeps
// alive (mapped log segments), in order. Bodies are referenced, never copied. One thread at a time.
// A failed allocation makes the rope `failed` (sticky): the writer checks once.
#ifndef BASE_ROPE_H
#define BASE_ROPE_H

#include "base/attr.h"
#include "base/ref.h"
#include "base/span.h"

#include <sys/uio.h>

#define ROPE_COPY_MAX 512u // shorter references are copied: cheaper than a piece of their own

struct rope_chunk;
struct rope_piece {
	const char *p;
	size_t n;
	struct hold *hold; // NULL: bytes in a chunk of the rope's own
};
struct rope {
	struct rope_piece *pieces; // first .. count are pending
	size_t first, count, cap;
	struct rope_chunk *chunk, *oldest; // newest and oldest chunk of own bytes
	size_t size;                       // pending bytes
	char *tail;                        // where the next own byte goes, in the newest chunk
	size_t room;                       // bytes behind it
	bool open; // the last piece is of own bytes and ends at `tail`: it grows with them
	bool failed;
};

void rope_init(struct rope *r);
void rope_done(struct rope *r);  // frees all; accepts zeroed; leaves it zeroed
void rope_reset(struct rope *r); // drops what is pending, keeps one chunk

static inline size_t rope_size(const struct rope *r)
{
	return r->size;
}

// Room for up to n (<= 64 KiB) contiguous own bytes; rope_wrote() tells how many were used. NULL: failed.
static inline char *rope_room(struct rope *r, size_t n) must_use;
static inline void rope_wrote(struct rope *r, size_t n);

static inline void rope_add(struct rope *r, struct span s); // copies
static inline void rope_addc(struct rope *r, char c);
static inline void rope_addu(struct rope *r, uint64_t v); // decimal
void rope_addf(struct rope *r, const char *fmt, ...) printf_like(2, 3);
// References bytes that `hold` owns (takes a reference of its own). Copies when short or hold is NULL.
void rope_add_ref(struct rope *r, struct span s, struct hold *hold);
// Moves everything of `from` to the end of `r`; `from` is left empty.
void rope_move(struct rope *r, struct rope *from);

// The pending pieces as up to `max` vectors; returns how many.
size_t rope_vectors(const struct rope *r, struct iovec *ret_iov, size_t max);
// The next contiguous pending bytes (empty if none).
struct span rope_front(const struct rope *r);
// Drops n pending bytes from the front (they were sent).
void rope_consume(struct rope *r, size_t n);
// Takes back what was added last, down to `size` pending bytes; pieces that rope_consume() has already dropped do not come back.
void rope_truncate(struct rope *r, size_t size);
// Copies all pending bytes to `to` (room for rope_size()).
void rope_copy(const struct rope *r, char *to);

// --- what is above, inline: an answer is made of many small pieces, and most find room behind the one before ---

char *rope_room_slow(struct rope *r, size_t n) must_use; // private, as all `_slow` ones
void rope_wrote_slow(struct rope *r, size_t n);
void rope_add_slow(struct rope *r, struct span s);
void rope_addu_slow(struct rope *r, uint64_t v);

static inline char *rope_room(struct rope *r, size_t n)
{
	return likely(n <= r->room) && !r->failed ? r->tail : rope_room_slow(r, n);
}
static inline void rope_grow(struct rope *r, size_t n) // private: the last piece is open
{
	r->pieces[r->count - 1].n += n;
	r->tail += n;
	r->room -= n;
	r->size += n;
}
static inline void rope_wrote(struct rope *r, size_t n)
{
	if (likely(r->open))
		rope_grow(r, n);
	else
		rope_wrote_slow(r, n);
}
static inline void rope_add(struct rope *r, struct span s)
{
	if (unlikely(!r->open || s.n > r->room)) {
		rope_add_slow(r, s);
		return;
	}
	if (s.n)
		memcpy(r->tail, s.p, s.n);
	rope_grow(r, s.n);
}
static inline void rope_addc(struct rope *r, char c)
{
	rope_add(r, span_of(&c, 1));
}
static inline void rope_addu(struct rope *r, uint64_t v)
{
	if (unlikely(!r->open || !r->room || v > 9)) {
		rope_addu_slow(r, v);
		return;
	}
	*r->tail = (char)('0' + v);
	rope_grow(r, 1);
}

#endif

// SPDX-License-Identifier: Apache-2.0
// Own bytes lie in chunks, each a list node; a piece points into a chunk or into held memory. Chunks are freed
// in order as the front moves past them. Growth: first chunk 4 KiB, then 64 KiB.
//
// `open` holds only when the rope is not failed, there is a last piece, it is of own bytes and ends at `tail`.
#include "base/rope.h"

#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define CHUNK_FIRST 4096u
#define CHUNK_LATER 65536u

struct rope_chunk {
	struct rope_chunk *newer;
	size_t size;
	char bytes[];
};

void rope_init(struct rope *r)
{
	*r = (struct rope){ 0 };
}

void rope_done(struct rope *r)
{
	for (size_t i = r->first; i < r->count; i++)
		hold_unref(r->pieces[i].hold);
	while (r->oldest) {
		struct rope_chunk *newer = r->oldest->newer;
		free(r->oldest);
		r->oldest = newer;
	}
	free(r->pieces);
	*r = (struct rope){ 0 };
}

void rope_reset(struct rope *r)
{
	for (size_t i = r->first; i < r->count; i++)
		hold_unref(r->pieces[i].hold);
	while (r->oldest && r->oldest != r->chunk) {
		struct rope_chunk *newer = r->oldest->newer;
		free(r->oldest);
		r->oldest = newer;
	}
	r->tail = r->chunk ? r->chunk->bytes : NULL;
	r->room = r->chunk ? r->chunk->size : 0;
	r->first = r->count = r->size = 0;
	r->open = r->failed = false;
}

static void fail(struct rope *r)
{
	r->failed = true;
	r->open = false;
}

static bool chunk_push(struct rope *r, size_t n)
{
	size_t size = r->chunk ? CHUNK_LATER : CHUNK_FIRST;
	if (size - sizeof(struct rope_chunk) < n)
		size = n + sizeof(struct rope_chunk);
	struct rope_chunk *c = malloc(size);
	if (!c) {
		fail(r);
		return false;
	}
	c->newer = NULL;
	c->size = size - sizeof *c;
	if (r->chunk)
		r->chunk->newer = c;
	else
		r->oldest = c;
	r->chunk = c;
	r->tail = c->bytes;
	r->room = c->size;
	r->open = false;
	return true;
}

char *rope_room_slow(struct rope *r, size_t n)
{
	if (r->failed)
		return NULL;
	if ((!r->chunk || r->room < n) && !chunk_push(r, n))
		return NULL;
	return r->tail;
}

// The new last piece is for the caller to fill; it is not open yet.
static struct rope_piece *piece_push(struct rope *r)
{
	r->open = false;
	if (r->count == r->cap) {
		if (r->first > r->cap / 2) {
			memmove(r->pieces, r->pieces + r->first,
				(r->count - r->first) * sizeof *r->pieces);
			r->count -= r->first;
			r->first = 0;
		} else {
			size_t cap = r->cap ? r->cap * 2 : 8;
			struct rope_piece *p = realloc(r->pieces, cap * sizeof *p);
			if (!p) {
				fail(r);
				return NULL;
			}
			r->pieces = p;
			r->cap = cap;
		}
	}
	return &r->pieces[r->count++];
}

void rope_wrote_slow(struct rope *r, size_t n)
{
	if (n == 0 || r->failed)
		return;
	struct rope_piece *piece = piece_push(r);
	if (!piece)
		return;
	*piece = (struct rope_piece){ r->tail, 0, NULL };
	r->open = true;
	rope_grow(r, n);
}

void rope_add_slow(struct rope *r, struct span s)
{
	while (s.n) {
		// Fill what is left of the present chunk before beginning another.
		size_t n = r->room && r->room < s.n ? r->room : s.n;
		if (!r->room && n > CHUNK_LATER - sizeof(struct rope_chunk))
			n = CHUNK_LATER - sizeof(struct rope_chunk);
		char *to = rope_room(r, n);
		if (!to)
			return;
		memcpy(to, s.p, n);
		rope_wrote(r, n);
		s = span_skip(s, n);
	}
}

void rope_addu_slow(struct rope *r, uint64_t v)
{
	char *to = rope_room(r, 20);
	if (to)
		rope_wrote(r, u64_print(to, v));
}

void rope_addf(struct rope *r, const char *fmt, ...)
{
	struct buf b = { 0 };
	char small[256];
	va_list ap;
	va_start(ap, fmt);
	int n = vsnprintf(small, sizeof small, fmt, ap);
	va_end(ap);
	if (n < 0) {
		fail(r);
	} else if ((size_t)n < sizeof small) {
		rope_add(r, span_of(small, (size_t)n));
	} else {
		char *to = buf_room(&b, (size_t)n + 1);
		va_start(ap, fmt);
		if (to && vsnprintf(to, (size_t)n + 1, fmt, ap) == n)
			rope_add(r, span_of(to, (size_t)n));
		else
			fail(r);
		va_end(ap);
		buf_done(&b);
	}
}

void rope_add_ref(struct rope *r, struct span s, struct hold *hold)
{
	if (!hold || s.n <= ROPE_COPY_MAX) {
		rope_add(r, s);
		return;
	}
	if (r->failed)
		return;
	struct rope_piece *piece = piece_push(r);
	if (!piece)
		return;
	*piece = (struct rope_piece){ s.p, s.n, hold_ref(hold) };
	r->size += s.n;
}

void rope_move(struct rope *r, struct rope *from)
{
	for (size_t i = from->first; i < from->count && !r->failed; i++) {
		struct rope_piece *src = &from->pieces[i];
		struct rope_piece *piece = piece_push(r);
		if (!piece)
			break;
		*piece = *src;
		src->hold = NULL;
		r->size += piece->n;
	}
	if (from->failed)
		fail(r);
	r->open = false;
	if (from->oldest) {
		if (r->chunk)
			r->chunk->newer = from->oldest;
		else
			r->oldest = from->oldest;
		r->chunk = from->chunk;
		r->tail = from->tail;
		r->room = from->room;
	}
	from->oldest = from->chunk = NULL;
	rope_done(from);
}

size_t rope_vectors(const struct rope *r, struct iovec *ret_iov, size_t max)
{
	size_t n = 0;
	for (size_t i = r->first; i < r->count && n < max; i++, n++) {
		// iov_base is not const in the system's interface; writev only reads.
		ret_iov[n].iov_base = (void *)(uintptr_t)r->pieces[i].p;
		ret_iov[n].iov_len = r->pieces[i].n;
	}
	return n;
}

struct span rope_front(const struct rope *r)
{
	if (r->first == r->count)
		return SPAN_NONE;
	return span_of(r->pieces[r->first].p, r->pieces[r->first].n);
}

// Frees the chunks that lie wholly before the piece that is now in front.
static void chunks_free_before(struct rope *r, const char *p)
{
	while (r->oldest != r->chunk) {
		const struct rope_chunk *c = r->oldest;
		if (p >= c->bytes && p < c->bytes + c->size)
			return;
		struct rope_chunk *newer = r->oldest->newer;
		free(r->oldest);
		r->oldest = newer;
	}
}

void rope_consume(struct rope *r, size_t n)
{
	must(n <= r->size);
	r->size -= n;
	bool passed = false;
	while (n) {
		struct rope_piece *piece = &r->pieces[r->first];
		if (n < piece->n) {
			piece->p += n;
			piece->n -= n;
			break;
		}
		n -= piece->n;
		hold_unref(piece->hold);
		piece->hold = NULL;
		r->first++;
		passed = true;
	}
	if (r->first == r->count) {
		bool failed = r->failed;
		rope_reset(r);
		if (failed)
			fail(r);
	} else if (passed && r->oldest != r->chunk) {
		// The oldest own piece still pending marks the chunk that must stay.
		for (size_t i = r->first; i < r->count; i++)
			if (!r->pieces[i].hold) {
				chunks_free_before(r, r->pieces[i].p);
				break;
			}
	}
}

void rope_truncate(struct rope *r, size_t size)
{
	r->failed = false; // a piece that could not be added is among what is taken back
	while (r->size > size) {
		struct rope_piece *last = &r->pieces[r->count - 1];
		size_t n = r->size - size < last->n ? r->size - size : last->n;
		// Room at the end of the newest chunk is used again; in older ones it is lost until they are freed.
		if (!last->hold && last->p + last->n == r->tail) {
			r->tail -= n;
			r->room += n;
		}
		last->n -= n;
		r->size -= n;
		if (last->n == 0) {
			hold_unref(last->hold);
			r->count--;
		}
	}
	const struct rope_piece *last = r->count > r->first ? &r->pieces[r->count - 1] : NULL;
	r->open = last && !last->hold && last->p + last->n == r->tail;
}

void rope_copy(const struct rope *r, char *to)
{
	for (size_t i = r->first; i < r->count; i++) {
		memcpy(to, r->pieces[i].p, r->pieces[i].n);
		to += r->pieces[i].n;
	}
}

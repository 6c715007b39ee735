// SPDX-License-Identifier: Apache-2.0
// Blobs, the part that is the same on every engine. A writer buffers up to one extent; each full extent goes to the engine
// while the blob comes (that is the back-pressure), the rest (the tail) goes with the head in blob_finish(). So a blob up to
// BLOB_EXTENT octets is one piece, and the buffer is handed over, not copied.
//
// A writer is on the store's list from before its first extent, so that a sweep spares its extents (engine.h: struct writers).
#include "base/crc32c.h"
#include "base/must.h"
#include "store/engine.h"

#include <inttypes.h>
#include <stdlib.h>

struct blob_writer {
	struct store *store;
	struct buf tail;
	struct blob_extent *extents;
	size_t count, cap;
	uint64_t size;
	struct hold *peeked; // keeps the last blob_peek() alive
	struct blob_writer *prev, *next;
	bool listed;
	uint64_t floor; // once listed: its extents lie there or behind
};

uint64_t writers_oldest(struct store *s)
{
	uint64_t oldest = UINT64_MAX;
	pthread_mutex_lock(&s->writers.lock);
	for (struct blob_writer *w = s->writers.first; w; w = w->next)
		if (w->floor < oldest)
			oldest = w->floor;
	pthread_mutex_unlock(&s->writers.lock);
	return oldest;
}

static void writer_list(struct blob_writer *w)
{
	struct writers *all = &w->store->writers;
	pthread_mutex_lock(&all->lock);
	w->floor = atomic_load(&all->floor);
	w->next = all->first;
	if (w->next)
		w->next->prev = w;
	all->first = w;
	w->listed = true;
	pthread_mutex_unlock(&all->lock);
}

static void writer_free(struct blob_writer *w)
{
	struct writers *all = &w->store->writers;
	if (w->listed) {
		pthread_mutex_lock(&all->lock);
		if (w->next)
			w->next->prev = w->prev;
		if (w->prev)
			w->prev->next = w->next;
		else
			all->first = w->next;
		pthread_mutex_unlock(&all->lock);
	}
	hold_unref(w->peeked);
	buf_done(&w->tail);
	free(w->extents);
	free(w);
}

int blob_begin(struct op *op, struct store *s, struct blob_writer **ret_writer)
{
	struct blob_writer *w = calloc(1, sizeof *w);
	if (!w)
		return op_fail(op, RC_NOMEM, "out of memory");
	w->store = s;
	*ret_writer = w;
	return 0;
}

static int extents_room(struct op *op, struct blob_writer *w)
{
	if (w->count < w->cap)
		return 0;
	size_t cap = w->cap ? w->cap * 2 : 16;
	struct blob_extent *list = realloc(w->extents, cap * sizeof *list);
	if (!list)
		return op_fail(op, RC_NOMEM, "out of memory");
	w->extents = list;
	w->cap = cap;
	return 0;
}

static int extent_flush(struct op *op, struct blob_writer *w)
{
	int rc = extents_room(op, w);
	if (rc)
		return rc;
	if (!w->listed)
		writer_list(w);
	struct blob_extent x;
	rc = w->store->engine->extent_put(op, w->store, buf_span(&w->tail), &x);
	if (rc)
		return rc;
	w->extents[w->count++] = x;
	buf_reset(&w->tail);
	return 0;
}

int blob_write(struct op *op, struct blob_writer *w, struct span bytes)
{
	if (bytes.n > BLOB_MAX - w->size)
		return op_fail(op, RC_TOOBIG, "the message is too big");
	while (bytes.n) {
		if (w->tail.n == BLOB_EXTENT) {
			int rc = extent_flush(op, w);
			if (rc)
				return rc;
		}
		struct span part = span_cut(bytes, 0, BLOB_EXTENT - w->tail.n);
		buf_add(&w->tail, part);
		if (w->tail.failed)
			return op_fail(op, RC_NOMEM, "out of memory");
		w->size += part.n;
		bytes = span_skip(bytes, part.n);
	}
	return 0;
}

uint64_t blob_written(const struct blob_writer *w)
{
	return w->size;
}

int blob_peek(struct op *op, struct blob_writer *w, uint64_t offset, struct span *ret_piece)
{
	uint64_t i = offset / BLOB_EXTENT;
	size_t skip = (size_t)(offset % BLOB_EXTENT);
	if (offset >= w->size) {
		*ret_piece = SPAN("");
		return 0;
	}
	if (i >= w->count) { // in the buffer
		*ret_piece = span_skip(buf_span(&w->tail), skip);
		return 0;
	}
	struct span bytes;
	struct hold *hold = NULL;
	int rc = w->store->engine->extent_get(op, w->store, w->extents[i], &hold, &bytes);
	if (rc)
		return rc;
	hold_unref(w->peeked);
	w->peeked = hold;
	*ret_piece = span_skip(bytes, skip);
	return 0;
}

int blob_finish(struct op *op, struct blob_writer *w, const struct blob_owner *owner,
	struct span card, struct blob_ref *ret_ref)
{
	int rc;
	if (card.n > BLOB_CARD_MAX)
		rc = op_fail(op, RC_TOOBIG, "the card is too big");
	else
		rc = w->store->engine->blob_put(op, w->store,
			&(struct blob_parts){
				owner, card, w->extents, w->count, w->size, &w->tail },
			ret_ref);
	writer_free(w);
	return rc;
}

void blob_abort(struct blob_writer *w)
{
	if (w)
		writer_free(w);
}

int blob_open(struct op *op, struct store *s, struct blob_ref ref, struct blob *ret_blob)
{
	return s->engine->blob_open(op, s, ref, true, ret_blob);
}

int blob_open_card(struct op *op, struct store *s, struct blob_ref ref, struct blob *ret_blob)
{
	return s->engine->blob_open(op, s, ref, false, ret_blob);
}

struct blob_extents *blob_extents_new(size_t count)
{
	struct blob_extents *x = calloc(1, sizeof *x);
	if (!x)
		return NULL;
	x->count = count;
	x->list = calloc(count, sizeof *x->list);
	x->open = calloc(count, sizeof *x->open);
	if (x->list && x->open)
		return x;
	free(x->list);
	free(x->open);
	free(x);
	return NULL;
}

void blob_extents_free(struct blob_extents *x)
{
	if (!x)
		return;
	for (size_t i = 0; i < x->count; i++)
		hold_unref(x->open[i].hold);
	free(x->list);
	free(x->open);
	free(x);
}

void blob_close(struct blob *b)
{
	if (!b)
		return;
	blob_extents_free(b->extents);
	hold_unref(b->hold);
	*b = (struct blob){ 0 };
}

void blob_ahead(const struct blob *b, struct blob_ref next, uint32_t octets)
{
	b->store->engine->blob_ahead(b->store, b, next, octets);
}

void blob_body_ahead(const struct blob *b, struct blob_ref next)
{
	b->store->engine->body_ahead(b->store, b, next);
}

// The bytes beside the card were not verified at blob_open_card(). Where the engine finds them damaged, opening the blob whole says what is
// wrong. If a sweep moved the blob meanwhile, the bytes at hand are verified where they lie.
static int body_verify(struct op *op, const struct blob *b, struct span piece)
{
	if (b->body_verified || likely(b->store->engine->body_is_good(b->store, b, piece)))
		return 0;
	struct blob again = { 0 };
	int rc = b->store->engine->blob_open(op, b->store, b->ref, true, &again);
	bool same = rc == 0 && again.body.p == b->body.p;
	blob_close(&again);
	if (same || crc32c(0, b->body) == b->body_crc)
		return 0;
	return rc ? rc : op_fail(op, RC_CORRUPT, "blob %" PRIu64 " is damaged", b->ref.id);
}

// The verified bytes from `offset`, `n` of them or up to the end of their extent, and who holds them.
static int piece_find(struct op *op, const struct blob *b, uint64_t offset, uint64_t n,
	struct span *ret_piece, struct hold **ret_hold)
{
	struct blob_extents *x = b->extents;
	uint64_t i = offset / BLOB_EXTENT;
	size_t skip = (size_t)(offset % BLOB_EXTENT);
	if (!x || i >= x->count) {
		struct span piece = span_skip(b->body, skip);
		if (piece.n > n)
			piece.n = (size_t)n;
		int rc = body_verify(op, b, piece);
		if (rc)
			return rc;
		*ret_piece = piece;
		*ret_hold = b->hold;
		return 0;
	}
	struct extent_open *open = &x->open[i];
	if (!open->bytes.p) {
		int rc = b->store->engine->extent_get(
			op, b->store, x->list[i], &open->hold, &open->bytes);
		if (rc)
			return rc;
	}
	*ret_piece = span_skip(open->bytes, skip);
	*ret_hold = open->hold;
	return 0;
}

int blob_piece(
	struct op *op, const struct blob *b, uint64_t offset, uint64_t n, struct span *ret_piece)
{
	struct span piece = SPAN("");
	struct hold *hold;
	int rc = offset < b->size ? piece_find(op, b, offset, n, &piece, &hold) : 0;
	if (rc == 0)
		*ret_piece = piece.n > n ? span_cut(piece, 0, (size_t)n) : piece;
	return rc;
}

int blob_to_rope(struct op *op, const struct blob *b, uint64_t offset, uint64_t n, struct rope *to)
{
	if (offset >= b->size)
		return 0;
	if (n > b->size - offset)
		n = b->size - offset;
	while (n) {
		struct span piece;
		struct hold *hold;
		int rc = piece_find(op, b, offset, n, &piece, &hold);
		if (rc)
			return rc;
		if (piece.n > n)
			piece = span_cut(piece, 0, (size_t)n);
		rope_add_ref(to, piece, hold);
		offset += piece.n;
		n -= piece.n;
	}
	return 0;
}

int blob_new_card(struct op *op, struct store *s, struct blob_ref ref, struct span card,
	struct blob_ref *ret_ref)
{
	if (card.n > BLOB_CARD_MAX)
		return op_fail(op, RC_TOOBIG, "the card is too big");
	return s->engine->blob_new_card(op, s, ref, card, ret_ref);
}

int blob_rescue(struct op *op, struct store *s, struct blob_ref ref, uint64_t size,
	const struct blob_owner *owner, const struct blob_card_maker *maker,
	struct blob_ref *ret_ref)
{
	return s->engine->blob_rescue(op, s, ref, size, owner, maker, ret_ref);
}

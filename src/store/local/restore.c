// SPDX-License-Identifier: Apache-2.0
// The index is gone: it is made again from the log. Nothing in the log is changed.
//
// What a crash leaves on the way: entries without the record of how far the index goes, which is written last, once the entries are in
// tables. The next open begins anew; the same entries are put again.
#include "base/log.h"
#include "store/local/local_priv.h"

#include <inttypes.h>

#define CANDIDATES_MAX 16u
#define WRITE_BYTES (1u << 20)

struct restore {
	struct local *l;
	struct checkpoint found[CANDIDATES_MAX]; // the newest last
	size_t count;
	// while one is read:
	const struct checkpoint *from;
	struct index_batch batch;
	struct index_state goes_on; // the record that goes in last
	uint64_t pending;           // bytes in the batch
	uint32_t frames;
	bool put; // else the frames are only verified
};

// Walks the whole frames of all segments, over whatever is damaged between them.
static int each_frame(struct op *op, struct restore *r,
	int (*each)(struct op *op, struct restore *r, uint64_t pos, const struct frame *f,
		const char *payload))
{
	uint32_t number = 0;
	struct segment *s;
	int rc = 0;
	while (rc == 0 && (s = segment_ref_after(&r->l->segments, number))) {
		number = atomic_load(&s->number);
		uint64_t seq = 0;
		for (uint64_t at = SEGMENT_HEADER; rc == 0 && at + FRAME_HEADER <= s->size;) {
			struct frame f;
			const char *payload;
			if (segment_frame(s, (uint32_t)at, &f, &payload) != 0 || f.seq <= seq) {
				at += 8;
				continue;
			}
			rc = each(op, r, pos_of(number, (uint32_t)at), &f, payload);
			seq = f.seq;
			at += frame_size(f.length);
		}
		segment_unref(s);
		if (rc == 0)
			rc = op_alive(op);
	}
	return rc;
}

static int find_end(
	struct op *op, struct restore *r, uint64_t pos, const struct frame *f, const char *payload)
{
	(void)op;
	if (f->type != FRAME_CHECKPOINT || !frame_is_known(f) || f->length != CHECKPOINT_PAYLOAD ||
		f->first != f->length || !frame_first_ok(f, payload))
		return 0;
	if (r->count == CANDIDATES_MAX)
		memmove(r->found, r->found + 1, --r->count * sizeof *r->found);
	r->found[r->count++] = (struct checkpoint){ .id = load_u64(payload),
		.pos = load_u64(payload + 8),
		.first = load_u64(payload + 16),
		.end = pos + frame_size(f->length),
		.frames = load_u32(payload + 24) };
	return 0;
}

// Every segment from there on has a file.
static bool is_unbroken(struct local *l, uint32_t number)
{
	struct segment *s = segment_ref(&l->segments, number);
	bool there = s != NULL;
	segment_unref(s);
	while (there && (s = segment_ref_after(&l->segments, number))) {
		there = atomic_load(&s->number) == number + 1;
		number++;
		segment_unref(s);
	}
	return there;
}

// The record that says how far the index goes is kept back; the one of the checkpoint is written by hand.
static int entry_take(struct op *op, struct restore *r, struct span key, struct span value)
{
	if (index_state_decode(key, value, &r->goes_on))
		return 0;
	index_batch_put(&r->batch, key, value);
	r->pending += key.n + value.n;
	if (r->pending < WRITE_BYTES)
		return 0;
	r->pending = 0;
	return index_batch_write(op, &r->batch);
}

static int take_frame(
	struct op *op, struct restore *r, uint64_t pos, const struct frame *f, const char *payload)
{
	if (pos < r->from->first || pos >= r->from->end || f->type != FRAME_INDEX ||
		!frame_is_known(f) || f->first < 8 || f->first != f->length ||
		!frame_first_ok(f, payload) || load_u64(payload) != r->from->id)
		return 0;
	r->frames++;
	struct reader in = reader_of(span_of(payload + 8, f->first - 8));
	int rc = 0;
	while (rc == 0 && r->put && !reader_at_end(&in)) {
		struct span key = reader_field(&in), value = reader_field(&in);
		if (in.bad || key.n < 8 || key.n > INDEX_KEY_ROOM)
			return op_fail(op, RC_CORRUPT, "a checkpoint in the log is malformed");
		rc = entry_take(op, r, key, value);
	}
	return rc;
}

static int put_all(struct op *op, struct restore *r, struct checkpoint *from)
{
	struct local *l = r->l;
	int rc = index_batch_begin(op, &l->index, &r->batch);
	if (rc)
		return rc;
	r->put = true;
	rc = each_frame(op, r, take_frame);
	if (rc == 0)
		rc = index_batch_write(op, &r->batch);
	if (rc == 0)
		rc = index_flush(op, &l->index);
	if (rc == 0) { // now all of it is in tables
		index_batch_checkpoint(&r->batch, from);
		index_batch_state(&r->batch, &r->goes_on);
		rc = index_batch_write(op, &r->batch);
	}
	if (rc == 0)
		rc = index_flush(op, &l->index);
	index_batch_done(&r->batch);
	return rc;
}

static bool is_whole(struct op *op, struct restore *r, const struct checkpoint *c)
{
	r->from = c;
	r->frames = 0;
	r->put = false;
	return is_unbroken(r->l, pos_segment(c->pos)) && each_frame(op, r, take_frame) == 0 &&
		r->frames == c->frames;
}

int checkpoint_restore(struct op *op, struct local *l)
{
	struct restore r = { .l = l };
	int rc = each_frame(op, &r, find_end);
	while (rc == 0 && r.count > 0) {
		struct checkpoint *c = &r.found[r.count - 1];
		if (is_whole(op, &r, c)) {
			log_warn("store", "%s: the index is missing and is made again from the log",
				l->dir);
			return put_all(op, &r, c);
		}
		log_error("store", "%s: the checkpoint that ends at %" PRIx64 " is damaged", l->dir,
			c->end);
		r.count--;
	}
	if (rc == 0 && !is_unbroken(l, 1))
		rc = op_fail(op, RC_CORRUPT,
			"the index of %s is missing, and the log has no whole checkpoint", l->dir);
	return rc ? rc : STORE_ABSENT;
}

// Whether the blob's frame and all of its extents may still be there.
static bool has_segments(struct op *op, struct local *l, uint64_t id, const struct index_blob *b)
{
	struct segment *s = segment_ref(&l->segments, pos_segment(b->pos));
	segment_unref(s);
	if (!s)
		return false;
	struct arena_mark mark = arena_mark(&op->arena);
	struct blob_extent *list;
	uint32_t count;
	bool there = true;
	// What is there and cannot be read stays, to be found by a check.
	if (b->extents && blob_extents_at(op, l, id, b->pos, &list, &count) == 0)
		for (uint32_t i = 0; there && i < count; i++) {
			s = segment_ref(&l->segments, pos_segment(list[i].pos));
			there = s != NULL;
			segment_unref(s);
		}
	arena_release(&op->arena, mark);
	return there;
}

int checkpoint_tidy(struct op *op, struct local *l)
{
	struct index_walk it;
	struct index_batch drops;
	uint64_t id, dropped = 0;
	struct index_blob b;
	int rc = index_batch_begin(op, &l->index, &drops);
	if (rc)
		return rc;
	rc = index_walk_blobs(op, &l->index, &it);
	while (rc == 0 && (rc = index_walk_next(op, &it, &id, &b)) == 0) {
		if (has_segments(op, l, id, &b))
			continue;
		index_batch_drop(&drops, id);
		atomic_fetch_sub(&l->log.blobs, 1);
		atomic_fetch_sub(&l->log.live_bytes, b.size);
		dropped++;
	}
	index_walk_done(&it);
	if (rc == STORE_END)
		rc = index_batch_write(op, &drops);
	index_batch_done(&drops);
	if (rc == 0 && dropped)
		log_info("store", "%s: %" PRIu64 " blobs that a sweep had dropped left the index",
			l->dir, dropped);
	return rc;
}

// SPDX-License-Identifier: Apache-2.0
// Mark and sweep. Steps, and what holds at each (README.md has the crash states):
//   1. Note, in this order, the segment in use, the oldest place where an unfinished blob may have an extent, and the oldest extent
//      of a blob in line (or left over from a failed group): only segments before all three can be victims. So every blob that
//      has or will have an extent in a victim is in the index already. Then let everything in line become visible.
//   2. Ask which blobs live, on a snapshot.
//   3. Walk the index: ids that do not live, and did not at a sweep the grace time ago (live.h: struct limbo), are deleted from it; the
//      others are added up by segment.
//   4. Victims: segments of which less than half lives. Their live blobs are written again at the end of the log (a blob with an
//      extent in a victim entirely). A blob gets a new card meanwhile: of both replacements the first in the log wins; so after
//      moving, look again whether anything still lies in a victim.
//   5. Unless the newest checkpoint stands without the victims (checkpoint.h), write one.
//   6. Flush the index: its tables know the new places, and recovery begins behind every victim. Then drop them.
#include "base/clock.h"
#include "base/log.h"
#include "store/local/local_priv.h"

#include <inttypes.h>
#include <stdlib.h>
#include <time.h>

#define DROPS_AT_ONCE 1000u
#define MOVE_BYTES (1u << 20) // moved between two rests
#define REST_MAX (50 * NS_PER_MS)
#define ROUNDS_MAX 8 // of looking for what still lies in a victim

struct usage {
	uint32_t number, end;
	uint64_t live;
	bool victim, keep; // keep: something in it could not be moved
};
struct large { // a blob with extents
	uint64_t id, pos;
};
struct sweep {
	struct local *l;
	struct live_set live;
	struct limbo_sweep limbo;
	uint32_t limit; // victims have lower numbers
	struct usage *segments;
	size_t count;
	struct buf large;       // struct large
	uint64_t failures;      // log.failures before the first move
	uint64_t moved, rested; // bytes moved since the last rest; when that was
};

void local_blob_dropped(struct store *s, struct blob_ref ref)
{
	struct local *l = local_of(s);
	uint64_t blobs = atomic_load(&l->log.blobs);
	(void)ref; // its size would cost a look at the disk; the average does for a hint
	if (blobs)
		atomic_fetch_add(&l->dropped_hint, atomic_load(&l->log.live_bytes) / blobs);
}

// --- 1, 2 ---

static int segments_note(struct op *op, struct sweep *w)
{
	struct segment *s;
	uint32_t number = 0;
	struct buf list = { 0 };
	while ((s = segment_ref_after(&w->l->segments, number))) {
		number = atomic_load(&s->number);
		struct usage u = { .number = number, .end = atomic_load(&s->end) };
		segment_unref(s);
		if (number < w->limit && u.end)
			buf_add(&list, span_of(&u, sizeof u));
	}
	if (list.failed) {
		buf_done(&list);
		return op_fail(op, RC_NOMEM, "out of memory");
	}
	w->count = list.n / sizeof(struct usage);
	w->segments = (struct usage *)(void *)list.p; // malloc'ed, hence aligned
	return 0;
}

static int begin(struct op *op, struct sweep *w)
{
	struct local *l = w->l;
	pthread_mutex_lock(&l->log.lock);
	w->limit = pos_segment(l->log.first ? l->log.first->before : l->log.tail);
	pthread_mutex_unlock(&l->log.lock);
	// In this order: a blob goes from the list of writers into the line, and from there into the index.
	uint64_t writing = writers_oldest(&l->head), in_line = log_line_oldest(l);
	if (pos_segment(writing) < w->limit)
		w->limit = pos_segment(writing);
	if (pos_segment(in_line) < w->limit)
		w->limit = pos_segment(in_line);
	limbo_begin(&w->limbo, &l->limbo, l->grace_ns);
	int rc = log_settle(op, l);
	return rc ? rc : segments_note(op, w);
}

static void mark_live(void *sweep, uint64_t blob_id)
{
	live_add(sweep, blob_id);
}

// --- 3 ---

static struct usage *usage_of(struct sweep *w, uint64_t pos)
{
	uint32_t number = pos_segment(pos);
	size_t from = 0, to = w->count;
	while (from < to) {
		size_t mid = from + (to - from) / 2;
		if (w->segments[mid].number < number)
			from = mid + 1;
		else
			to = mid;
	}
	return from < w->count && w->segments[from].number == number ? &w->segments[from] : NULL;
}

static void usage_add(struct sweep *w, uint64_t pos, uint32_t size)
{
	struct usage *u = usage_of(w, pos);
	if (u)
		u->live += size;
}

// Bytes of the extents, which are added up when they live.
static int extents_add(
	struct op *op, struct sweep *w, const struct large *x, bool lives, uint64_t *ret_bytes)
{
	struct arena_mark mark = arena_mark(&op->arena);
	struct blob_extent *list;
	uint32_t count;
	uint64_t bytes = 0;
	int rc = blob_extents_at(op, w->l, x->id, x->pos, &list, &count);
	for (uint32_t i = 0; rc == 0 && i < count; i++) {
		bytes += frame_size(list[i].n);
		if (lives)
			usage_add(w, list[i].pos, frame_size(list[i].n));
	}
	arena_release(&op->arena, mark);
	*ret_bytes = bytes;
	return rc;
}

// With its extents; about, when they cannot be read.
static uint64_t blob_bytes(struct op *op, struct sweep *w, uint64_t id, const struct index_blob *b)
{
	struct large x = { id, b->pos };
	uint64_t bytes = 0;
	if (b->extents && extents_add(op, w, &x, false, &bytes))
		bytes = 0;
	return b->size + bytes;
}

static int drop_one(struct op *op, struct sweep *w, struct index_batch *drops, uint64_t id,
	const struct index_blob *b)
{
	index_batch_drop(drops, id);
	atomic_fetch_sub(&w->l->log.live_bytes, blob_bytes(op, w, id, b));
	atomic_fetch_sub(&w->l->log.blobs, 1);
	return 0;
}

static int keep_one(struct op *op, struct sweep *w, uint64_t id, const struct index_blob *b)
{
	usage_add(w, b->pos, b->size);
	if (!b->extents)
		return 0;
	struct large x = { id, b->pos };
	uint64_t bytes;
	buf_add(&w->large, span_of(&x, sizeof x));
	if (w->large.failed)
		return op_fail(op, RC_NOMEM, "out of memory");
	return extents_add(op, w, &x, true, &bytes); // a damaged list: nothing may be unlinked
}

static int walk(struct op *op, struct sweep *w)
{
	struct index_walk it;
	struct index_batch drops;
	int rc = index_batch_begin(op, &w->l->index, &drops);
	if (rc == 0)
		rc = index_walk_blobs(op, &w->l->index, &it);
	unsigned count = 0;
	while (rc == 0) {
		uint64_t id;
		struct index_blob b;
		rc = index_walk_next(op, &it, &id, &b);
		if (rc)
			break;
		if (!live_has(&w->live, id) &&
			limbo_drops(&w->limbo, id, blob_bytes(op, w, id, &b))) {
			rc = drop_one(op, w, &drops, id, &b);
			if (rc == 0 && ++count % DROPS_AT_ONCE == 0)
				rc = index_batch_write(op, &drops);
		} else {
			rc = keep_one(op, w, id, &b);
		}
		if (rc == 0)
			rc = op_alive(op);
	}
	index_walk_done(&it);
	if (rc == STORE_END)
		rc = index_batch_write(op, &drops);
	index_batch_done(&drops);
	return rc;
}

// --- 4 ---

// Commits of others go first: after each megabyte, rest as long as it took.
static int rest(struct op *op, struct sweep *w, uint64_t bytes)
{
	w->moved += bytes;
	if (w->moved < MOVE_BYTES)
		return op_alive(op);
	w->moved = 0;
	int rc = log_settle(op, w->l);
	uint64_t took = clock_mono() - w->rested;
	struct timespec t = { 0, (long)(took < REST_MAX ? took : REST_MAX) };
	(void)nanosleep(&t, NULL); // shorter is fine
	w->rested = clock_mono();
	return rc ? rc : op_alive(op);
}

// 0, or what ends the sweep. A blob that is damaged stays, and its segments with it.
static int move_one(
	struct op *op, struct sweep *w, struct usage *u, const struct large *x, uint32_t bytes)
{
	int rc = blob_move(op, w->l, x->id, x->pos);
	if (rc == RC_CORRUPT || (rc == RC_IO && !atomic_load(&w->l->log.broken))) {
		log_error("store", "%s: %s", w->l->dir, op_text(op, rc));
		u->keep = true;
		return 0;
	}
	return rc ? rc : rest(op, w, bytes);
}

static int segment_empty(struct op *op, struct sweep *w, struct usage *u)
{
	struct segment *s = segment_ref(&w->l->segments, u->number);
	int rc = 0;
	for (uint32_t at = SEGMENT_HEADER; s && at < u->end && rc == 0 && !u->keep;) {
		struct frame f;
		const char *payload;
		if (segment_frame(s, at, &f, &payload) != 0) {
			log_error("store", "%s: the log is damaged at %" PRIx64, w->l->dir,
				pos_of(u->number, at));
			u->keep = true;
			break;
		}
		if (f.type == FRAME_BLOB && f.first >= BLOB_FIELDS) {
			struct large x = { load_u64(payload), pos_of(u->number, at) };
			struct index_blob b;
			int got = index_blob_get(op, &w->l->index, x.id, &b);
			if (got < 0)
				rc = got;
			else if (got == 0 && b.pos == x.pos)
				rc = move_one(op, w, u, &x, f.length);
		}
		at += frame_size(f.length);
	}
	segment_unref(s);
	return rc;
}

// Moves the blob if one of its extents lies in a victim; *moved tells.
static int large_empty(struct op *op, struct sweep *w, const struct large *x, bool *moved)
{
	struct index_blob b;
	int rc = index_blob_get(op, &w->l->index, x->id, &b);
	if (rc)
		return rc < 0 ? rc : 0;
	struct large now = { x->id, b.pos };
	struct arena_mark mark = arena_mark(&op->arena);
	struct blob_extent *list;
	uint32_t count;
	rc = blob_extents_at(op, w->l, now.id, now.pos, &list, &count);
	for (uint32_t i = 0; rc == 0 && i < count; i++) {
		struct usage *u = usage_of(w, list[i].pos);
		if (!u || !u->victim || u->keep)
			continue;
		rc = move_one(op, w, u, &now, count * BLOB_EXTENT);
		*moved = *moved || !u->keep;
		if (!u->keep)
			break;
	}
	arena_release(&op->arena, mark);
	return rc;
}

static int victims_empty(struct op *op, struct sweep *w)
{
	int rc = 0;
	for (size_t i = 0; i < w->count && rc == 0; i++) {
		struct usage *u = &w->segments[i];
		u->victim = u->live < (u->end - SEGMENT_HEADER) / 2;
		if (u->victim && u->live)
			rc = segment_empty(op, w, u);
	}
	bool moved = true;
	int round = 0;
	for (; moved && rc == 0 && round < ROUNDS_MAX; round++) {
		moved = false;
		rc = log_settle(op, w->l);
		for (size_t i = 0; i < w->large.n && rc == 0; i += sizeof(struct large)) {
			struct large x;
			memcpy(&x, w->large.p + i, sizeof x);
			rc = large_empty(op, w, &x, &moved);
		}
	}
	for (size_t i = 0; moved && i < w->count; i++) // never quiet: next time
		w->segments[i].keep = true;
	return rc;
}

// --- 5 ---

// Frames of the checkpoint that is there count as alive.
static void checkpoint_add(struct sweep *w)
{
	const struct checkpoint *c = &w->l->checkpoint; // only sweeps change it
	for (size_t i = 0; c->id && i < w->count; i++) {
		struct usage *u = &w->segments[i];
		struct segment *s =
			u->number < pos_segment(c->first) || u->number > pos_segment(c->end)
			? NULL
			: segment_ref(&w->l->segments, u->number);
		struct frame f;
		const char *payload;
		for (uint32_t at = SEGMENT_HEADER;
			s && at < u->end && segment_frame(s, at, &f, &payload) == 0;
			at += frame_size(f.length))
			if ((f.type == FRAME_INDEX || f.type == FRAME_CHECKPOINT) && f.first >= 8 &&
				load_u64(payload) == c->id)
				u->live += frame_size(f.length);
		segment_unref(s);
	}
}

// What goes with the victims must be in the log behind them.
static int checkpoint_keep(struct op *op, struct sweep *w)
{
	bool needed = checkpoint_is_due(w->l);
	for (size_t i = 0; i < w->count && !needed; i++)
		needed = w->segments[i].victim && !w->segments[i].keep &&
			!checkpoint_spares(w->l, w->segments[i].number);
	return needed ? checkpoint_write(op, w->l) : 0;
}

// --- 6 ---

static int victims_drop(struct op *op, struct sweep *w)
{
	struct local *l = w->l;
	int rc = log_settle(op, l);
	// Others may have written what was in line, and failed, before this thread looked: then something was not moved.
	if (rc == 0 && atomic_load(&l->log.failures) != w->failures)
		rc = op_fail(op, RC_NOSPACE, "not all that lives could be moved");
	if (rc == 0)
		rc = local_flush(op, l);
	struct index_batch b;
	if (rc == 0)
		rc = index_batch_begin(op, &l->index, &b);
	if (rc)
		return rc;
	uint64_t bytes = 0;
	for (size_t i = 0; i < w->count; i++) {
		const struct usage *u = &w->segments[i];
		if (!u->victim || u->keep ||
			pos_of(u->number, u->end) > atomic_load(&l->flushed_pos))
			continue;
		index_batch_segment_drop(&b, u->number);
		segment_drop(&l->segments, u->number);
		bytes += u->end - SEGMENT_HEADER;
	}
	rc = index_batch_write(op, &b);
	index_batch_done(&b);
	pthread_mutex_lock(&l->log.lock);
	l->log.closed_bytes -= bytes;
	pthread_mutex_unlock(&l->log.lock);
	keeper_poke(l); // unlinks or recycles them
	return rc;
}

static int sweep_run(struct op *op, struct sweep *w,
	int (*mark)(struct op *op, void *ctx, struct store_snapshot *snap, store_live_fn live,
		void *sweep),
	void *ctx)
{
	struct store_snapshot *snap;
	int rc = begin(op, w);
	if (rc == 0)
		rc = local_snapshot_begin(op, &w->l->head, &snap);
	if (rc)
		return rc;
	rc = mark(op, ctx, snap, mark_live, &w->live);
	local_snapshot_end(&w->l->head, snap);
	if (rc == 0 && w->live.failed)
		rc = op_fail(op, RC_NOMEM, "out of memory");
	if (rc == 0)
		rc = walk(op, w);
	if (rc == 0 && !limbo_commit(&w->limbo))
		rc = op_fail(op, RC_NOMEM, "out of memory");
	if (rc == 0)
		atomic_store(&w->l->dropped_hint, 0);
	w->failures = atomic_load(&w->l->log.failures);
	if (rc == 0)
		checkpoint_add(w);
	if (rc == 0)
		rc = victims_empty(op, w);
	if (rc == 0)
		rc = checkpoint_keep(op, w);
	return rc ? rc : victims_drop(op, w);
}

int local_sweep(struct op *op, struct store *s,
	int (*mark)(struct op *op, void *ctx, struct store_snapshot *snap, store_live_fn live,
		void *sweep),
	void *ctx)
{
	struct local *l = local_of(s);
	if (atomic_load(&l->log.broken) || l->reader)
		return op_fail(op, RC_READONLY, "the store is read-only");
	struct sweep w = { .l = l, .rested = clock_mono() };
	pthread_mutex_lock(&l->sweeping);
	int rc = sweep_run(op, &w, mark, ctx);
	pthread_mutex_unlock(&l->sweeping);
	limbo_end(&w.limbo);
	live_done(&w.live);
	buf_done(&w.large);
	free(w.segments);
	return rc;
}

// SPDX-License-Identifier: Apache-2.0
// The local engine: a log of segments is the truth, RocksDB behind it the index. This file opens and closes it and holds the table of
// its calls. README.md one folder up: files, crash states, locks. The parts: write.c (group commit), apply.c (frames to index),
// recover.c, blobs.c, keys.c, sweep.c, verify.c, keeper.c (its thread), segment.c, index.c, volume.c, format.c, file.c.
//
// Everybody who holds a blob, a rope with references into it, a snapshot or a cursor lets go of it before store_close().
#include "base/clock.h"
#include "base/log.h"
#include "store/local/local_priv.h"
#include "store/local/rocks_files.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define DIR_MAX 2000u
#define OPEN_TRIES 5 // of a reader beside a server that compacts

static const struct store_config defaults = {
	.segment_bytes = UINT64_C(256) << 20,
	.reserve_bytes = UINT64_C(64) << 20,
	.cache_bytes = UINT64_C(32) << 20,
	.grace_ms = 600000,
};

static void locks_init(struct local *l)
{
	pthread_condattr_t monotonic;
	(void)pthread_condattr_init(&monotonic); // these cannot fail on Linux
	(void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&l->keeper.wake, &monotonic);
	(void)pthread_condattr_destroy(&monotonic);
	(void)pthread_mutex_init(&l->keeper.lock, NULL);
	pending_init(&l->pending);
	(void)pthread_mutex_init(&l->sweeping, NULL);
}

static void local_free(struct local *l)
{
	keeper_stop(l);
	writer_stop(l);
	index_close(&l->index);
	log_done(l);
	segments_done(&l->segments);
	checked_done(&l->checked);
	volume_view_remove(l);
	if (l->lock_fd >= 0)
		(void)close(l->lock_fd);             // gives the lock back
	(void)pthread_cond_destroy(&l->keeper.wake); // none of these is in use
	(void)pthread_mutex_destroy(&l->keeper.lock);
	pending_done(&l->pending);
	live_done(&l->limbo.ids);
	(void)pthread_mutex_destroy(&l->sweeping);
	store_head_done(&l->head);
	free(l->view);
	free(l->dir);
	free(l);
}

static void config_take(struct local *l, const struct store_config *c)
{
	uint64_t segment = c->segment_bytes ? c->segment_bytes : defaults.segment_bytes;
	if (segment < SEGMENT_MIN)
		segment = SEGMENT_MIN;
	if (segment > SEGMENT_MAX)
		segment = SEGMENT_MAX;
	l->segment_bytes = segment & ~UINT64_C(4095);
	l->reserve_bytes = c->reserve_bytes ? c->reserve_bytes : defaults.reserve_bytes;
	l->cache_bytes = c->cache_bytes ? c->cache_bytes : defaults.cache_bytes;
	l->grace_ns = (c->grace_ms ? c->grace_ms : defaults.grace_ms) * UINT64_C(1000000);
	l->reader = c->read_only;
}

static bool page_cache_is(const struct store_config *c, const char *word)
{
	return c->page_cache && strcmp(c->page_cache, word) == 0;
}

static int writer_open(struct op *op, struct local *l)
{
	char path[DIR_MAX + 64];
	int rc = volume_lock(op, l);
	if (rc == 0)
		rc = volume_load(op, l);
	if (rc == 0)
		rc = segments_check_versions(op, &l->segments);
	if (rc == 0) {
		(void)snprintf(path, sizeof path, "%s/log/spare", l->dir); // room is there
		(void)file_unlink(l->files, path); // one that was being made; made anew
		volume_views_clean(l);
		volume_reserve_lend(
			l); // opening the index writes, and a full disk must not keep people from deleting
		(void)snprintf(path, sizeof path, "%s/index%s", l->dir,
			l->mending ? ".mending" : ""); // room is there
		rc = l->mending ? volume_index_copy(op, l) : 0;
		if (rc == 0)
			rc = index_open(op, &l->index, path, l->cache_bytes);
	}
	if (rc == 0)
		rc = volume_next_epoch(op, l);
	if (rc == 0)
		rc = recover(op, l);
	if (rc == 0)
		rc = writer_start(op, l);
	return rc ? rc : keeper_start(op, l);
}

static int reader_open(struct op *op, struct local *l)
{
	int rc = volume_load(op, l);
	for (int i = 0; rc == 0 && i < OPEN_TRIES; i++) {
		rc = volume_view_make(op, l);
		if (rc == 0)
			rc = index_open(op, &l->index, l->view, l->cache_bytes);
		if (rc == 0)
			break;
		volume_view_remove(l);
		free(l->view);
		l->view = NULL;
		if (i + 1 < OPEN_TRIES)
			rc = 0; // the server changed its tables meanwhile
	}
	if (rc == 0)
		rc = recover(op, l);
	pthread_mutex_lock(&l->log.lock);
	if (rc == 0 && !l->log.sealed) {
		l->log.sealed = true;
		(void)snprintf(l->log.reason, sizeof l->log.reason, "opened read-only"); // fits
	}
	pthread_mutex_unlock(&l->log.lock);
	return rc;
}

static int open_as(struct op *op, const struct store_config *config, const struct files *files,
	struct mending *mending, struct store **ret_store)
{
	if (!config->dir || !*config->dir || strlen(config->dir) > DIR_MAX)
		return op_fail(op, RC_CONFIG, "the folder of the store is not named, or too long");
	struct local *l = calloc(1, sizeof *l);
	if (!l)
		return op_fail(op, RC_NOMEM, "out of memory");
	l->lock_fd = -1;
	l->files = files;
	l->mending = mending;
	config_take(l, config);
	locks_init(l);
	char path[DIR_MAX + 64];
	(void)snprintf(path, sizeof path, "%s/log", config->dir); // room is there
	l->dir = strdup(config->dir);
	int rc = l->dir ? 0 : op_fail(op, RC_NOMEM, "out of memory");
	if (rc == 0)
		rc = store_head_init(op, &l->head, &store_local);
	int head = rc;
	if (rc == 0 &&
		!l->reader) // a reader reads everything but once, and has no keeper to forget
		checked_init(&l->checked, clock_mono());
	if (rc == 0)
		rc = log_init(op, l);
	if (rc == 0)
		rc = segments_init(op, &l->segments, files, path);
	l->segments.always_cached = page_cache_is(config, "yes");
	atomic_store(&l->log.past_cache, page_cache_is(config, "no"));
	l->keeper.weighs = !l->segments.always_cached && !atomic_load(&l->log.past_cache);
	if (rc == 0)
		rc = l->reader ? reader_open(op, l) : writer_open(op, l);
	if (rc && head == 0) {
		local_free(l);
		return rc;
	}
	if (rc) {
		free(l);
		return rc;
	}
	*ret_store = &l->head;
	return 0;
}

int local_open_with(struct op *op, const struct store_config *config, const struct files *files,
	struct store **ret_store)
{
	return open_as(op, config, files, NULL, ret_store);
}

int local_open_mending(struct op *op, const struct store_config *config, struct mending *mending,
	struct store **ret_store)
{
	return open_as(op, config, NULL, mending, ret_store);
}

static int local_open(struct op *op, const struct store_config *config, struct store **ret_store)
{
	return local_open_with(op, config, NULL, ret_store);
}

static int headers_mend(struct op *op, struct local *l)
{
	struct segment *s;
	uint32_t number = 0;
	int rc = 0;
	while (rc == 0 && (s = segment_ref_after(&l->segments, number))) {
		number = atomic_load(&s->number);
		if (segment_header_is_hurt(s->map))
			rc = segment_header_mend(op, &l->segments, number);
		segment_unref(s);
	}
	return rc;
}

static int local_checkpoint(struct op *op, struct store *s)
{
	struct local *l = local_of(s);
	if (atomic_load(&l->log.broken) || l->reader)
		return op_fail(op, RC_READONLY, "the store is read-only");
	pthread_mutex_lock(&l->sweeping);
	int rc = headers_mend(op, l);
	if (rc == 0)
		rc = checkpoint_write(op, l);
	pthread_mutex_unlock(&l->sweeping);
	return rc;
}

static int local_rebuild(struct op *op, const struct store_config *config, struct store **ret_store,
	const char **ret_aside)
{
	if (config->read_only)
		return op_fail(op, RC_READONLY, "the store is read-only");
	int rc = volume_index_aside(op, config->dir, ret_aside);
	if (rc)
		return rc;
	rc = local_open_with(op, config, NULL, ret_store);
	if (rc == 0)
		return 0;
	struct op work; // the reason is in op
	op_init(&work, 0);
	if (volume_index_back(&work, config->dir, *ret_aside))
		log_error("store", "%s", op_text(&work, RC_IO));
	op_done(&work);
	return rc;
}

// The counters have moved since the last commit, after a sweep.
static int state_write(struct op *op, struct local *l)
{
	struct applier a;
	int rc = pending_drain(op, l);
	if (rc == 0)
		rc = applier_begin(op, l, &a);
	if (rc)
		return rc;
	rc = applier_write(op, &a, l->log.state.pos, l->log.state.seq);
	applier_done(&a);
	return rc;
}

int local_flush_all(struct op *op, struct local *l)
{
	int rc = state_write(op, l);
	return rc ? rc : local_flush(op, l);
}

static void local_close(struct store *s)
{
	struct local *l = local_of(s);
	struct op op;
	op_init(&op, 0);
	(void)log_settle(&op, l); // what fails here was reported to whoever waits
	keeper_stop(l);
	if (!l->reader && !atomic_load(&l->log.broken))
		(void)local_flush_all(&op, l); // else the log is replayed at the next open
	op_done(&op);
	local_free(l);
}

static int local_submit(struct op *op, struct store *s, const struct store_batch *b,
	struct store_ticket *ret_ticket)
{
	struct item *it = item_new(FRAME_BATCH, (uint32_t)(8 + b->ops.n), NULL);
	if (!it)
		return op_fail(op, RC_NOMEM, "out of memory");
	store_u64(item_first(it), b->partition);
	if (b->ops.n)
		memcpy(item_first(it) + 8, b->ops.p, b->ops.n);
	it->frees = b->flags & STORE_FREES;
	it->commit = true;
	it->after = b->after.v;
	it->with = b->with.v;
	item_seal(it);
	struct placed placed;
	int rc = log_append(op, local_of(s), it, false, &placed);
	if (rc == 0)
		ret_ticket->v = placed.serial;
	return rc;
}

static int local_wait(
	struct op *op, struct store *s, struct store_ticket t, struct store_waiter *later)
{
	return later ? log_wait_later(op, local_of(s), t.v, later) : log_wait(op, local_of(s), t.v);
}

static void local_stats(struct store *s, struct store_stats *ret_stats)
{
	struct local *l = local_of(s);
	struct log *g = &l->log;
	struct store_stats st = { .commits = atomic_load(&g->commits),
		.groups = atomic_load(&g->groups),
		.flushes = atomic_load(&l->flushes),
		.blobs = atomic_load(&g->blobs),
		.replayed = l->replayed };
	uint64_t live = atomic_load(&g->live_bytes);
	pthread_mutex_lock(&g->lock);
	st.log_bytes = g->closed_bytes + pos_offset(g->tail) - SEGMENT_HEADER;
	st.read_only = g->sealed;
	memcpy(st.reason, g->reason, sizeof st.reason);
	live += l->checkpoint.bytes;
	pthread_mutex_unlock(&g->lock);
	st.written = (struct store_written){ .moved = atomic_load(&g->moved),
		.checkpoint = atomic_load(&g->checkpointed),
		.ahead = atomic_load(&l->segments.ahead) };
	rocks_files_written(l->index.env, &st.written.index, &st.written.compacted);
	st.written.commits = atomic_load(&g->written) - st.written.moved - st.written.checkpoint;
	st.checkpoint_due = checkpoint_is_due(l);
	st.dead_bytes = live < st.log_bytes ? st.log_bytes - live : 0;
	uint64_t hint = atomic_load(&l->dropped_hint) + limbo_bytes_due(&l->limbo, l->grace_ns);
	st.dead_bytes += hint < live ? hint : live;
	*ret_stats = st;
}

const struct store_engine store_local = {
	.name = "local",
	.open = local_open,
	.close = local_close,
	.snapshot_begin = local_snapshot_begin,
	.snapshot_end = local_snapshot_end,
	.get = local_get,
	.cursor_open = local_cursor_open,
	.cursor_next = local_cursor_next,
	.cursor_close = local_cursor_close,
	.next_partition = local_next_partition,
	.submit = local_submit,
	.wait = local_wait,
	.extent_put = local_extent_put,
	.extent_get = local_extent_get,
	.blob_put = local_blob_put,
	.blob_open = local_blob_open,
	.body_is_good = local_body_is_good,
	.blob_ahead = local_blob_ahead,
	.body_ahead = local_body_ahead,
	.blob_new_card = local_blob_new_card,
	.blob_rescue = local_blob_rescue,
	.rebuild = local_rebuild,
	.mend = local_mend,
	.checkpoint = local_checkpoint,
	.blob_dropped = local_blob_dropped,
	.sweep = local_sweep,
	.stats = local_stats,
	.verify = local_verify,
};

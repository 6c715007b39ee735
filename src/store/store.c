// SPDX-License-Identifier: Apache-2.0
// The list of engines and the thin calls into the one that a store was opened with.
#include "store/store.h"

#include "base/must.h"
#include "store/batch.h"
#include "store/engine.h"
#include "store/local/relocate.h"

static const struct store_engine *const engines[] = { &store_local, &store_memory };

int store_head_init(struct op *op, struct store *s, const struct store_engine *engine)
{
	(void)op;
	s->engine = engine;
	watches_init(&s->watches);
	(void)pthread_mutex_init(&s->writers.lock, NULL); // cannot fail on Linux
	s->writers.first = NULL;
	return 0;
}

void store_head_done(struct store *s)
{
	must(!s->writers.first); // every writer was finished or aborted
	(void)pthread_mutex_destroy(&s->writers.lock);
	watches_done(&s->watches);
}

int store_open(struct op *op, const struct store_config *config, struct store **ret_store)
{
	for (size_t i = 0; i < countof(engines); i++)
		if (strcmp(engines[i]->name, config->engine) == 0)
			return engines[i]->open(op, config, ret_store);
	return op_fail(op, RC_CONFIG, "no engine is called %s", config->engine);
}

int store_rebuild(struct op *op, const struct store_config *config, struct store **ret_store,
	const char **ret_aside)
{
	for (size_t i = 0; i < countof(engines); i++)
		if (strcmp(engines[i]->name, config->engine) == 0)
			return engines[i]->rebuild(op, config, ret_store, ret_aside);
	return op_fail(op, RC_CONFIG, "no engine is called %s", config->engine);
}

int store_mend(struct op *op, const struct store_config *config, const struct store_mender *how)
{
	for (size_t i = 0; i < countof(engines); i++)
		if (strcmp(engines[i]->name, config->engine) == 0)
			return engines[i]->mend(op, config, how);
	return op_fail(op, RC_CONFIG, "no engine is called %s", config->engine);
}

int store_relocate(struct op *op, const char *from, const char *to, bool make)
{
	return local_relocate(op, NULL, from, to, make);
}

void store_close(struct store *s)
{
	if (s)
		s->engine->close(s);
}

int store_snapshot_begin(struct op *op, struct store *s, struct store_snapshot **ret_snap)
{
	return s->engine->snapshot_begin(op, s, ret_snap);
}

void store_snapshot_end(struct store *s, struct store_snapshot *snap)
{
	if (snap)
		s->engine->snapshot_end(s, snap);
}

int store_get(struct op *op, struct store *s, struct store_snapshot *snap, uint64_t partition,
	struct span key, struct span *ret_value)
{
	must(partition > 0 && partition <= STORE_PARTITION_MAX);
	return s->engine->get(op, s, snap, partition, key, ret_value);
}

int store_cursor_open(struct op *op, struct store *s, struct store_snapshot *snap,
	uint64_t partition, struct span from, struct span to, struct store_cursor **ret_cursor)
{
	must(partition > 0 && partition <= STORE_PARTITION_MAX);
	return s->engine->cursor_open(op, s, snap, partition, from, to, ret_cursor);
}

int store_cursor_next(
	struct op *op, struct store_cursor *c, struct span *ret_key, struct span *ret_value)
{
	return c->store->engine->cursor_next(op, c, ret_key, ret_value);
}

void store_cursor_close(struct store_cursor *c)
{
	if (c)
		c->store->engine->cursor_close(c);
}

int store_next_partition(struct op *op, struct store *s, struct store_snapshot *snap, uint64_t from,
	uint64_t *ret_partition)
{
	if (from > STORE_PARTITION_MAX)
		return STORE_END;
	return s->engine->next_partition(op, s, snap, from ? from : 1, ret_partition);
}

int store_submit(struct op *op, struct store *s, const struct store_batch *b,
	struct store_ticket *ret_ticket)
{
	int rc = batch_valid(op, b);
	return rc ? rc : s->engine->submit(op, s, b, ret_ticket);
}

int store_wait(struct op *op, struct store *s, struct store_ticket t)
{
	return s->engine->wait(op, s, t, NULL);
}

int store_wait_later(struct op *op, struct store *s, struct store_ticket t, struct store_waiter *w)
{
	must(w && w->decided);
	return s->engine->wait(op, s, t, w);
}

void store_blob_dropped(struct store *s, struct blob_ref ref)
{
	s->engine->blob_dropped(s, ref);
}

int store_checkpoint(struct op *op, struct store *s)
{
	return s->engine->checkpoint(op, s);
}

bool store_wants_sweep(struct store *s)
{
	struct store_stats st;
	s->engine->stats(s, &st);
	uint64_t least = UINT64_C(64) << 20;
	if (least > st.log_bytes / 2)
		least = st.log_bytes / 2;
	return !st.read_only &&
		(st.checkpoint_due || (st.dead_bytes > least && st.dead_bytes > st.log_bytes / 4));
}

int store_sweep(struct op *op, struct store *s,
	int (*mark)(struct op *op, void *ctx, struct store_snapshot *snap, store_live_fn live,
		void *sweep),
	void *ctx)
{
	return s->engine->sweep(op, s, mark, ctx);
}

int store_watch(struct op *op, struct store *s, uint64_t partition,
	void (*changed)(void *ctx, uint64_t partition), void *ctx)
{
	return watches_add(op, &s->watches, partition, changed, ctx);
}

void store_unwatch(struct store *s, uint64_t partition)
{
	watches_remove(&s->watches, partition);
}

void store_stats(struct store *s, struct store_stats *ret_stats)
{
	s->engine->stats(s, ret_stats);
}

int store_check(struct op *op, struct store *s,
	void (*found)(void *ctx, const struct store_finding *f), void *ctx, uint64_t *ret_frames)
{
	return s->engine->verify(op, s, found, ctx, ret_frames);
}
